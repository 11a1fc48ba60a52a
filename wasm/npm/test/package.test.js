// The package as it would be published: packed, unpacked, and imported by each kind of engine.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const here = fileURLToPath(new URL("..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "canpull-"));
after(() => rmSync(project, { recursive: true, force: true }));

const [packed] = Object.values(JSON.parse(run("npm", ["pack", "--json", "--pack-destination", project], here)));
const installed = join(project, "node_modules/canpull");
mkdirSync(installed, { recursive: true });
run("tar", ["-xzf", join(project, packed.filename), "-C", installed, "--strip-components=1"]);
writeFileSync(join(project, "package.json"), '{ "type": "module" }');

/** What each engine runs: with the module loaded on its own, and by `init` from the exported file. */
const USE = `
const pod = "apiVersion: v1\\nkind: Pod\\nmetadata: {name: web}\\nspec: {containers: [{name: web, image: 'contoso.azurecr.io/web:1'}]}\\n";
const report = await canpull.analyze([{ path: "pod.yaml", text: pod }]);
const said = JSON.stringify([report.pulls[0].verdict, await canpull.version()]);
`;
const expected = JSON.stringify(["unknown", packed.version]);
writeFileSync(join(project, "use.js"), `import * as canpull from "canpull";${USE}console.log(said);`);

function run(program, given, cwd = project) {
  return execFileSync(program, given, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

const tool = (name) => join(here, "node_modules/.bin", name);

test("it holds what it needs and no more", () => {
  const paths = packed.files.map(({ path }) => path).sort();
  for (const wanted of ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "dist/canpull.wasm", "dist/node.js", "dist/web.js", "package.json"]) {
    assert.ok(paths.includes(wanted), wanted);
  }
  const known = /^(LICENSE-(APACHE|MIT)|README\.md|package\.json|dist\/(canpull\.wasm|bindings\/canpull\.(js|d\.ts)|[a-z0-9]+\.(js|d\.ts)))$/;
  assert.deepEqual(paths.filter((path) => !known.test(path)), []);
});

test("publint finds nothing", async () => {
  const { messages, pkg } = await publint({ pkgDir: here, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test("its types fit strict TypeScript", () => {
  writeFileSync(join(project, "use.ts"), `import { analyze, init, type Report } from "canpull";
const report: Report = await analyze([{ path: "a.yaml", text: "" }], undefined, { minSeverity: "error" });
const verdict: "yes" | "no" | "unknown" | undefined = report.pulls[0]?.verdict;
// @ts-expect-error: a file has text or bytes
(await init()).analyze([{ path: "a.yaml" }]);
console.log(verdict);
`);
  run(tool("tsc"), ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "", "--ignoreConfig", "use.ts"]);
});

test("Node imports it", () => assert.equal(run(process.execPath, ["use.js"]).trim(), expected));

test("Deno imports it", () => {
  assert.equal(run(tool("deno"), ["run", "--no-lock", "--allow-read", "--node-modules-dir=manual", "use.js"]).trim(), expected);
});

test("Bun imports it", () => assert.equal(run(tool("bun"), ["use.js"]).trim(), expected));

test("Chromium imports it, and asks nothing but its own server", async () => {
  const types = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
  writeFileSync(join(project, "page.html"), '<!doctype html><script type="importmap">{"imports":{"canpull":"/node_modules/canpull/dist/web.js"}}</script>');
  const server = createServer((request, response) => {
    try {
      const body = readFileSync(join(project, new URL(request.url, "http://localhost").pathname));
      response.writeHead(200, { "content-type": types[extname(request.url)] ?? "text/plain" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    const page = await browser.newPage();
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    await page.goto(`${origin}/page.html`);
    const said = await page.evaluate(`(async () => { const canpull = await import("canpull");${USE} return said; })()`);
    assert.equal(said, expected);
    assert.deepEqual([...new Set(asked)], [origin]);
  } finally {
    await browser.close();
    server.close();
  }
});
