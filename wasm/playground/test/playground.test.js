// The playground as people use it, in a headless Chromium.

import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { inflateRawSync } from "node:zlib";

import { strToU8, zipSync } from "fflate";

import { analysed, launch, open, serve } from "./page.js";

const POD = (spec) => `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n${spec}`;
const WRONG = POD("  containers:\n    - {name: web, image: contoso.azurecr.io/Web:1}\n");

let server;
let browser;

before(async () => {
  server = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** A test with a page of its own, which must ask nobody but its own server and report no error. */
function pageTest(name, use, { expectErrors = false, hash = "", ...options } = {}) {
  test(name, async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(15_000);
    try {
      const opened = await open(context, server.url + hash);
      await use(opened.page, context, opened);
      assert.deepEqual(opened.requests.filter((url) => !url.startsWith(server.url)), [], "requests to others");
      if (!expectErrors) assert.deepEqual(opened.errors, [], "errors on the console");
    } finally {
      await context.close();
    }
  });
}

const title = (page) => page.locator("#verdict h1").innerText();
const titled = (page, text) => page.locator("#verdict h1", { hasText: text }).waitFor();
const problem = (page, text) => page.locator("#problem-list .problem", { hasText: text });

/** Replaces the whole text of the open file, as by typing. */
async function write(page, text) {
  await page.locator("#code .cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

/** Pastes a text that is the same piece over and over. */
async function paste(page, piece, times) {
  await page.evaluate(({ piece, times }) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", piece.repeat(times));
    const target = document.querySelector("#code .cm-content");
    target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, { piece, times });
}

async function addFile(page, path) {
  await page.click("#add-file");
  await page.keyboard.type(path);
  await page.keyboard.press("Enter");
  await page.locator(`.file[aria-current][title="${path}"]`).waitFor();
}

async function choose(page, files) {
  await page.locator("#file-chooser").setInputFiles(files);
}

pageTest("opens on an estate whose pulls fail, with the proof", async (page) => {
  assert.match(await title(page), /2 of 3 images cannot be pulled/);
  const proof = page.locator("#proof-tree");
  assert.match(await proof.innerText(), /contoso.azurecr.io\/shop\/payments:2.0 cannot be pulled/);
  assert.equal(await proof.locator(".route.no").count(), await proof.locator(".route").count());
  assert.ok((await proof.locator(".route.no .link-row.broken").count()) >= 3);
  await page.locator(".cm-lintRange-error").first().waitFor();
});

pageTest("a link of the proof jumps to its bytes", async (page) => {
  await page.locator("#pulls .pull", { hasText: "storefront web" }).click();
  await page.locator("#proof-tree .place", { hasText: "roles.json:6" }).first().click();
  await page.locator('.file[aria-current][title="azure/roles.json"]').waitFor();
  assert.equal(await page.evaluate(() => document.getSelection().toString()), '"99999999-9999-9999-9999-999999999999"');
});

pageTest("what is typed is marked, and its message is shown", async (page) => {
  await addFile(page, "typed.yaml");
  await page.keyboard.insertText(WRONG);
  await problem(page, "must be lowercase").waitFor();
  await page.locator(".cm-lintRange-error", { hasText: "contoso.azurecr.io/Web:1" }).hover();
  await page.locator(".cm-tooltip-lint", { hasText: "must be lowercase" }).waitFor();
});

pageTest("a fix is shown, applied, and turns the verdict; undone, it turns back", async (page) => {
  await page.locator("#proof-tree .cause", { hasText: "imagePullSecrets" }).getByRole("button", { name: "Fix" }).click();
  const dialog = page.locator("#fix-dialog");
  await dialog.locator(".cm-deletedChunk", { hasText: "acr-pull" }).waitFor();
  assert.match(await dialog.innerText(), /After this: 2 of 3 images can be pulled/);
  await dialog.getByRole("button", { name: "Apply" }).click();
  await titled(page, "1 of 3 images cannot be pulled");
  assert.match(await page.locator("#proof-tree h2").innerText(), /payments:2.0 can be pulled/);
  await page.getByRole("button", { name: "Undo" }).click();
  await titled(page, "2 of 3 images cannot be pulled");
});

pageTest("all safe fixes are applied at once", async (page) => {
  await page.click("#fix-all");
  await page.locator("#fix-dialog").getByRole("button", { name: "Apply" }).click();
  await titled(page, "1 of 3 images cannot be pulled");
  await page.locator("#fix-all[disabled]").waitFor();
});

pageTest("a fix that is a command is shown, not run", async (page) => {
  await problem(page, "control-plane identity").getByRole("button", { name: "Command" }).click();
  await page.locator("#fix-dialog .command", { hasText: "az role assignment create" }).waitFor();
});

pageTest("F8 walks through the problems of all files, and around", async (page) => {
  const selected = () => page.evaluate(() => document.querySelector(".file[aria-current]").title + " " + document.getSelection());
  const number = await page.locator("#problem-list .problem").count();
  const seen = [];
  for (let at = 0; at <= number; at++) {
    await page.keyboard.press("F8");
    seen.push(await selected());
  }
  assert.equal(new Set(seen).size, number);
  assert.equal(seen[0], seen[number]);
  await page.keyboard.press("Shift+F8");
  assert.equal(await selected(), seen[number - 1]);
});

pageTest("severities are filtered, in the list and in the text", async (page) => {
  const mark = page.locator(".cm-lintRange-error").first();
  await mark.waitFor();
  await page.locator("#severities .error").click();
  await mark.waitFor({ state: "detached" });
  await page.locator("#problem-state", { hasText: "All problems are filtered out" }).waitFor();
  assert.equal(await page.locator("#problem-list .problem").count(), 0);
  await page.locator("#severities .error").click();
  await mark.waitFor();
});

pageTest("files are added, renamed and removed, and what was removed comes back", async (page) => {
  await addFile(page, "deploy/new.yaml");
  await page.click("#rename-file");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("deploy/payments.yaml");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".naming input").evaluate((field) => field.validationMessage), "There is a file deploy/payments.yaml already.");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("deploy/other.yaml");
  await page.keyboard.press("Enter");
  await page.locator('.file[title="deploy/payments.yaml"]').click();
  await page.click("#remove-file");
  await titled(page, "1 of 2 images cannot be pulled");
  await page.getByRole("button", { name: "Undo" }).click();
  await titled(page, "2 of 3 images cannot be pulled");
  assert.equal(await page.locator('.file[title="deploy/other.yaml"]').count(), 1);
});

pageTest("the graph is drawn, told as text, and walked by keyboard", async (page) => {
  await page.click("#tab-graph");
  const node = page.locator("#graph .node.workload", { hasText: "storefront" });
  await node.waitFor();
  assert.match(await node.getAttribute("aria-label"), /workload Deployment\/web\/storefront; .*storefront:4.2: no/);
  await page.locator("#graph summary").click();
  assert.match(await page.locator("#graph details").innerText(), /Deployment\/shop\/payments pulls contoso.azurecr.io\/shop\/payments:2.0/);
  await node.focus();
  await page.keyboard.press("Enter");
  assert.match(await page.locator("#proof-tree h2").innerText(), /storefront:4.2/);
});

pageTest("a rule's page is beside its finding, and its example opens", async (page) => {
  await problem(page, "imagePullSecrets").locator(".link").click();
  await page.locator("#rule-page article", { hasText: "Why it matters" }).waitFor();
  await page.getByRole("button", { name: "Open the wrong example" }).click();
  await titled(page, "The image may or may not be pulled");
  assert.equal(await problem(page, "is no field").count(), 1);
});

pageTest("the gallery is searched, and opens what is chosen", async (page) => {
  await page.click("#examples");
  await page.fill("#examples-search", "other namespace");
  await page.locator(".example").click();
  await problem(page, "exists only in namespace").waitFor();
});

pageTest("the configuration is completed, and its errors are shown where they are", async (page) => {
  await page.locator('.file[title="canpull.yaml"]').click();
  await write(page, "clusters:\n  - name: prod\n    complete: [service-accounts]\nregist");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "registries" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.type("ers: []");
  await page.locator("#problem-state", { hasText: "The configuration is wrong" }).waitFor();
  await page.locator(".cm-lintRange-error", { hasText: "registers" }).waitFor();
  await page.locator("#problem-list", { hasText: "registries" }).waitFor();
  await write(page, "clusters: []\n");
  await titled(page, "2 of 3 images may or may not be pulled");
});

const CANARY = "Kanarienvogel-7Q-Zeisig";

pageTest("a link holds the files and no credential, and opens with the same verdict", async (page, context, { requests }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const config = (host) => JSON.stringify({ auths: { [host]: { username: "u", password: CANARY, auth: Buffer.from(`u:${CANARY}`).toString("base64") } } });
  const secret = (name, type, body) => `---\napiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: shop}\ntype: ${type}\n${body}\n`;
  const encoded = Buffer.from(config("contoso.azurecr.io")).toString("base64");
  const dockerType = "kubernetes.io/dockerconfigjson";
  await addFile(page, "secrets.yaml");
  await page.keyboard.insertText(
    POD("  imagePullSecrets: [{name: good}]\n  containers:\n    - {name: web, image: contoso.azurecr.io/web:1}\n") +
      secret("good", dockerType, `data:\n  .dockerconfigjson: ${encoded}`) +
      secret("quoted", dockerType, `stringData:\n  .dockerconfigjson: '${config("contoso.azurecr.io")}'`) +
      secret("block", dockerType, `stringData:\n  .dockerconfigjson: |\n    ${config("contoso.azurecr.io")}`) +
      secret("other", "Opaque", `stringData: {key: "${CANARY}", host: '${config(`https://u:${CANARY}@x.example`)}'} # ${CANARY}`),
  );
  await page.locator("#pulls .pull.yes", { hasText: "Pod/shop/web" }).waitFor();
  const found = (await title(page)).trim();
  await addFile(page, "secrets.sh");
  await page.keyboard.insertText(`kubectl create secret docker-registry x --docker-server=contoso.azurecr.io --docker-username=u --docker-password=${CANARY}\n`);
  await analysed(page);
  await page.click("#share");
  await page.locator(".notice", { hasText: "masked" }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const packed = Buffer.from(link.split("#share=1.")[1], "base64url");
  const content = inflateRawSync(packed).toString();
  for (const shape of ["Kanarienvogel", ...["", "x", "xx"].map((lead) => Buffer.from(lead + CANARY).toString("base64").slice(4, -4))]) {
    assert.ok(!content.includes(shape), `the link holds ${shape}`);
  }
  assert.equal(new URL(link).search, "");
  await page.goto("about:blank");
  await page.goto(link);
  await analysed(page);
  assert.equal((await title(page)).trim(), found);
  await page.locator("#pulls .pull.yes", { hasText: "Pod/shop/web" }).waitFor();
  assert.ok(requests.every((url) => !url.includes("share")), "the fragment was sent");
});

pageTest("a broken link says so, and the page goes on", async (page) => {
  await page.locator(".notice.failed", { hasText: "The link cannot be opened" }).waitFor();
  assert.match(await title(page), /2 of 3/);
}, { hash: "#share=1.AAAAnonsense" });

pageTest("a folder is dropped", async (page, context) => {
  const folder = mkdtempSync(join(tmpdir(), "canpull-drop-"));
  try {
    mkdirSync(join(folder, "estate/deploy"), { recursive: true });
    mkdirSync(join(folder, "estate/node_modules/x"), { recursive: true });
    writeFileSync(join(folder, "estate/deploy/web.yaml"), WRONG);
    writeFileSync(join(folder, "estate/logo.png"), "no source");
    writeFileSync(join(folder, "estate/node_modules/x/x.yaml"), WRONG);
    const session = await context.newCDPSession(page);
    const data = { items: [], files: [join(folder, "estate")], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"]) await session.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
    await titled(page, "The image cannot be pulled");
    assert.deepEqual(await page.locator(".file").evaluateAll((files) => files.map((file) => file.title)), ["deploy/web.yaml"]);
    await page.locator(".notice", { hasText: "Opened 1 file. Left out: 1 file is of kinds" }).waitFor();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

pageTest("a zip is opened; what is no text and what is no zip is told", async (page) => {
  const zip = zipSync({ "shop/web.yaml": strToU8(WRONG), "shop/binary.yaml": new Uint8Array([1, 0, 255]) });
  await choose(page, [{ name: "shop.zip", mimeType: "application/zip", buffer: Buffer.from(zip) }]);
  await titled(page, "The image cannot be pulled");
  await page.locator(".notice", { hasText: "binary.yaml is no text" }).waitFor();
  await choose(page, [{ name: "broken.zip", mimeType: "application/zip", buffer: Buffer.from("PK, but no zip") }]);
  await page.locator(".notice.failed", { hasText: "broken.zip cannot be unpacked" }).waitFor();
  await choose(page, [{ name: "picture.yaml", mimeType: "image/png", buffer: Buffer.from([137, 80, 78, 71, 0, 1]) }]);
  await page.locator(".notice.failed", { hasText: "Nothing was opened" }).waitFor();
  assert.match(await title(page), /The image cannot be pulled/);
});

pageTest("20 MB are kept, and analysed when asked for", async (page) => {
  await addFile(page, "large.yaml");
  await paste(page, "# a line of a comment that goes on and on and on\n", 410_000);
  await page.locator("#problem-state", { hasText: "MB" }).waitFor();
  await page.getByRole("button", { name: "Analyse all the same" }).click();
  await analysed(page);
  assert.match(await title(page), /2 of 3/);
  await page.locator('.file[title="deploy/payments.yaml"]').click();
  await page.locator(".cm-lintRange-error").first().waitFor();
});

test("a module that does not load is told of, and loaded anew", async () => {
  const context = await browser.newContext();
  try {
    await context.route("**/*.wasm", (route) => route.abort());
    const page = await context.newPage();
    await page.goto(server.url);
    await page.locator("#problem-state", { hasText: "could not be loaded" }).waitFor();
    await context.unroute("**/*.wasm");
    await write(page, WRONG);
    await titled(page, "2 of 3 images cannot be pulled");
  } finally {
    await context.close();
  }
});

test("a module that runs out of memory is told, starts anew, and the text is kept", async () => {
  const cramped = await launch("--js-flags=--wasm-max-mem-pages=500");
  try {
    const { page } = await open(await cramped.newContext(), server.url);
    await paste(page, `---\n${POD("  containers: [{name: web, image: contoso.azurecr.io/web}]\n")}`, 20_000);
    await page.locator("#problem-state", { hasText: "Your text is kept" }).waitFor();
    await write(page, WRONG);
    await titled(page, "2 of 3 images cannot be pulled");
  } finally {
    await cramped.close();
  }
});

pageTest("the page works without a network after its first load", async (page, context) => {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await context.setOffline(true);
  await page.reload();
  await analysed(page);
  assert.match(await title(page), /2 of 3/);
  await page.click("#examples");
  await page.locator(".example").first().waitFor();
});

pageTest("the report is copied in canpull's formats", async (page, context) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const copied = async (name) => {
    await page.click("#copy-as");
    await page.locator("#copy-menu").getByRole("button", { name, exact: true }).click();
    await page.locator(".notice", { hasText: `Copied ${name}` }).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const report = JSON.parse(await copied("JSON"));
  assert.equal(report.version, 1);
  assert.equal(report.pulls.length, 3);
  assert.match(await copied("Proof as text"), /payments:2.0 cannot be pulled/);
  assert.match(await copied("Graph as Mermaid"), /storefront/);
  await page.locator("#severities .info").click();
  assert.equal(await copied("Command to check"), "canpull check --min-severity warning");
});

pageTest("everything is done by keyboard alone", async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.closest(".cause, dialog")?.className + " " + document.activeElement.textContent);
  for (let presses = 0; (await focused()) !== "cause error Fix"; presses++) {
    assert.ok(presses < 60, "the fix is reached by the tab key");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await page.locator("#fix-dialog[open]").waitFor();
  await page.keyboard.press("Enter");
  await titled(page, "1 of 3 images cannot be pulled");
  await page.locator("#tab-proof").focus();
  await page.keyboard.press("ArrowRight");
  await page.locator("#graph .node").first().waitFor();
});

pageTest("narrow screens show one pane at a time, and nothing sticks out", async (page) => {
  for (const pane of ["code", "problems", "proof"]) {
    await page.click(`#panes [data-pane=${pane}]`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${pane} sticks out`);
    const { height } = await page.locator("main").boundingBox();
    const own = pane === "code" ? ["#files", "#code"] : [`#${pane}`];
    const heights = await Promise.all(own.map(async (id) => (await page.locator(id).boundingBox()).height));
    assert.ok(heights.reduce((sum, one) => sum + one) > height - 5, `${pane} does not fill the page`);
  }
  assert.equal(await page.locator("#code").isVisible(), false);
  await page.locator("#proof-tree .place").first().click();
  assert.equal(await page.locator("#code").isVisible(), true);
}, { viewport: { width: 375, height: 700 } });

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

for (const colorScheme of ["light", "dark"]) {
  pageTest(`axe finds nothing serious in ${colorScheme} colours`, async (page) => {
    await page.evaluate(AXE);
    const check = async (where) => {
      const violations = await page.evaluate(async () => (await window.axe.run()).violations);
      const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      const told = bad.flatMap(({ id, nodes }) => nodes.map((node) => `${where}: ${id}: ${node.html} ${node.failureSummary}`));
      assert.deepEqual(told, []);
    };
    await check("proof");
    await page.click("#tab-graph");
    await page.locator("#graph .node").first().waitFor();
    await check("graph");
    await problem(page, "imagePullSecrets").locator(".link").click();
    await page.locator("#rule-page article").waitFor();
    await check("rule");
    await problem(page, "imagePullSecrets").getByRole("button", { name: "Fix" }).click();
    await page.locator("#fix-dialog .cm-deletedChunk").first().waitFor();
    await check("fix");
    await page.keyboard.press("Escape");
    await page.click("#examples");
    await page.locator(".example").first().waitFor();
    await check("examples");
    await page.keyboard.press("Escape");
    await page.locator('.file[title="azure/roles.json"]').click();
    await page.locator(".cm-lintRange-error").waitFor();
    await page.locator("#appearance").click();
    await check("the other colours");
  }, { colorScheme });
}
