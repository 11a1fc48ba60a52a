// What comes back over the border, also of bad input, and that the module stays usable.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { test } from "node:test";

import * as bindings from "../dist/bindings/canpull.js";
import { guarded } from "../dist/api.js";
import { CanpullError, Utf16Index, init } from "../dist/node.js";

/** In bytes, compressed as servers do; BENCHMARKS.md tells what is in it. */
const MOST_BYTES = Number(readFileSync(new URL("size-limit", import.meta.url), "utf8"));

const POD = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets: acr
  containers: [{name: web, image: "contoso.azurecr.io/web:1"}]
`;
const files = [{ path: "pod.yaml", text: POD }];
const canpull = await init();

function refused(work, code, message) {
  assert.throws(work, (error) => {
    assert.ok(error instanceof CanpullError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
  assert.equal(canpull.analyze(files).pulls.length, 1);
}

test("the module is small", () => {
  const size = gzipSync(readFileSync(new URL("../dist/canpull.wasm", import.meta.url)), { level: 9 }).length;
  console.log(`canpull.wasm: ${Math.round(size / 1000)} kB gzip`);
  assert.ok(size <= MOST_BYTES, `${size} bytes, at most ${MOST_BYTES}`);
});

test("bad input is refused with a reason", () => {
  refused(() => canpull.analyze(undefined), "invalid-input", /^files: /);
  refused(() => canpull.analyze(["pod.yaml"]), "invalid-input", /^files\[0\]: /);
  refused(() => canpull.analyze([...files, { path: 1, text: "" }]), "invalid-input", /^files\[1\].path: /);
  refused(() => canpull.analyze([{ path: "a.yaml" }]), "invalid-input", /either/);
  refused(() => canpull.analyze([{ path: "a.yaml", text: 1 }]), "invalid-input", /^files\[0\].text: /);
  refused(() => canpull.analyze([{ path: "a.yaml", bytes: "a" }]), "invalid-input", /^files\[0\].bytes: /);
  refused(() => canpull.analyze([{ path: "a\ud800.yaml", text: "" }]), "invalid-input", /half a character/);
  refused(() => canpull.analyze([{ path: "../a.yaml", text: "" }]), "invalid-input", /relative/);
  refused(() => canpull.analyze([...files, ...files]), "invalid-input", /twice/);
  refused(() => canpull.analyze([]), "nothing-to-read", /nothing to read/);
  refused(() => canpull.explain(1, files), "invalid-input", /^pattern: /);
  refused(() => canpull.explain("nothing-like-it", files), "not-found", /no pull matches/);
  refused(() => canpull.rule("pull-denid"), "not-found", /did you mean `pull-denied`/);
});

test("bad options are refused by name", () => {
  refused(() => canpull.analyze(files, undefined, { selct: [] }), "invalid-options", /^options.selct: /);
  refused(() => canpull.analyze(files, undefined, { now: "noon" }), "invalid-options", /^options.now: /);
  refused(() => canpull.analyze(files, undefined, { select: ["pull-denid"] }), "invalid-options", /did you mean/);
  refused(() => canpull.analyze(files, undefined, 3), "invalid-options", /object/);
  refused(() => canpull.analyze(files, undefined, { now: 1n }), "invalid-options", /JSON/);
  refused(() => canpull.render("jsn", files), "invalid-options", /did you mean `json`/);
  refused(() => canpull.graph(files, "png"), "invalid-options", /there are dot/);
  refused(() => canpull.applyFixes(files, undefined, { fixes: [{ diagnostic: 9, fix: 0 }] }), "invalid-options", /finding 9/);
});

test("a configuration with errors says where", () => {
  const wrong = "clusters:\n  - nmae: prod\n";
  refused(() => canpull.analyze(files, wrong), "invalid-config", /^canpull.yaml:2:5: unknown key `nmae`/);
  refused(() => canpull.analyze(files, 3), "invalid-config", /text/);
  refused(() => canpull.analyze(files, "a: \udc00"), "invalid-config", /half a character/);
  try {
    canpull.analyze(files, wrong);
  } catch (error) {
    assert.deepEqual({ ...error.places[0], message: "" }, { path: "canpull.yaml", line: 2, column: 5, offset: 14, message: "" });
  }
});

test("what is no text is a finding, and the rest goes on", () => {
  const broken = [{ path: "a.yaml", text: "ä: \ud800" }, { path: "b.yaml", bytes: Uint8Array.of(0x61, 0x0a, 0xff) }];
  const report = canpull.analyze([...broken, ...files]);
  const places = report.diagnostics.filter(({ rule }) => rule === "unparsable-source").map(({ location }) => location);
  assert.deepEqual(places.map(({ path, start }) => [path, start.line, start.column]), [["a.yaml", 1, 4], ["b.yaml", 2, 1]]);
  assert.equal(report.pulls.length, 1);
});

test("much text is read", () => {
  const many = Array.from({ length: 20_000 }, (_, at) => `${POD.replace("web}", `web-${at}}`)}---\n`).join("");
  assert.equal(canpull.analyze([{ path: "many.yaml", text: many }]).pulls.length, 20_000);
  const deep = "[".repeat(200_000);
  assert.equal(canpull.analyze([{ path: "deep.yaml", text: deep }, ...files]).pulls.length, 1);
});

test("templates that nest deep do not end the module", () => {
  const nested = (open, close, depth) => `${open.repeat(depth)}a${close.repeat(depth)}`;
  const marks = [["(", ")"], ["[", "]"], ["f(", ")"], ["'${", "}'"], ['"${', '}"'], ["a[", "]"], ["true ? 1 : (", ")"], ["!", ""], ["1 + ", ""]];
  for (const [open, close] of marks) {
    for (const depth of [60, 200, 20_000]) {
      const value = nested(open, close, depth);
      const arm = value.replaceAll('"', "'");
      const templates = [
        { path: "main.bicep", text: `var a = ${value}\noutput b string = a\n` },
        { path: "main.tf", text: `locals {\n  a = ${value}\n}\n` },
        { path: "azuredeploy.json", text: `{"$schema": "https://x/deploymentTemplate.json#", "variables": {"a": "[${arm}]"}}` },
      ];
      assert.equal(canpull.analyze([...templates, ...files]).pulls.length, 1, `${open} ${depth}`);
    }
  }
});

test("after a defect it starts anew", () => {
  for (const defect of [
    () => bindings.check([1], new Uint8Array(0), Uint32Array.of(0), undefined, "{}"),
    () => { throw new WebAssembly.RuntimeError("unreachable"); },
  ]) {
    refused(() => guarded(defect), "internal", /^a defect of canpull/);
  }
});

test("fixes are applied, all or those chosen", () => {
  const all = canpull.applyFixes(files);
  assert.equal(all.applied, 1);
  assert.match(all.files[0].text, /imagePullSecrets: *\n? *.*name: acr/);
  assert.ok(!all.report.diagnostics.some(({ rule }) => rule === "image-pull-secrets-malformed"));
  const report = canpull.analyze(files);
  const diagnostic = report.diagnostics.findIndex(({ rule }) => rule === "image-pull-secrets-malformed");
  const chosen = canpull.applyFixes(files, undefined, { fixes: [{ diagnostic, fix: 0 }] });
  assert.equal(chosen.files[0].text, all.files[0].text);
  assert.deepEqual(canpull.applyFixes(files, undefined, { fixes: [] }).files, []);
});

test("the exit code is that of the command line", () => {
  assert.equal(canpull.check(files).exitCode, 1);
  assert.equal(canpull.check(files, undefined, { failOn: "never" }).exitCode, 0);
  assert.match(canpull.check(files, undefined, { outputFormat: "concise" }).text, /^pod.yaml:5:/);
});

test("offsets turn into indexes of strings and back", () => {
  for (const text of ["", "plain", "aä😀b\nü", "\uFEFFä: 😀", "\r\nü\r\n"]) {
    const index = new Utf16Index(text);
    const bom = text.startsWith("\uFEFF") ? 1 : 0;
    let bytes = 0;
    let units = bom;
    for (const character of text.slice(bom)) {
      assert.equal(index.toUtf16(bytes), units, JSON.stringify(text));
      assert.equal(index.toBytes(units), bytes, JSON.stringify(text));
      bytes += Buffer.byteLength(character);
      units += character.length;
    }
    assert.equal(index.toUtf16(bytes), units);
  }
  const report = canpull.analyze([{ path: "pod.yaml", text: `# ä😀\n${POD}` }]);
  const text = `# ä😀\n${POD}`;
  const { from, to } = new Utf16Index(text).range(report.pulls[0].location);
  assert.equal(text.slice(from, to).replaceAll('"', ""), "contoso.azurecr.io/web:1");
});

test("rules, schema and formats are told", () => {
  assert.ok(canpull.rules().length > 50);
  assert.match(canpull.rule("pull-denied").page, /^# pull-denied/);
  assert.ok("clusters" in canpull.configSchema().properties);
  assert.ok(canpull.formats().includes("json") && canpull.graphFormats().includes("svg"));
  assert.deepEqual([canpull.isSource("a/b.yaml"), canpull.isSource("node_modules/b.yaml")], [true, false]);
});
