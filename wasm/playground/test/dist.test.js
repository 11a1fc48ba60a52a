// What the build wrote.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { init } from "canpull";

import { DIST } from "./page.js";

const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

test("all that is the page's own is below 250 kB; the module comes on top", () => {
  const own = files.filter((file) => !file.endsWith(".wasm"));
  const size = own.reduce((size, file) => size + gzipSync(readFileSync(file), { level: 9 }).length, 0);
  assert.ok(size < 250_000, `${size} bytes`);
});

test("nothing names a server", () => {
  const page = readFileSync(join(DIST, "index.html"), "utf8");
  assert.doesNotMatch(page, /(src|href)="(?!\.\/)/);
  assert.match(page, /default-src 'none'/);
});

test("every example of the gallery shows what its rule reports", async () => {
  const chunk = files.find((file) => /examples-.*\.js$/.test(file));
  const { EXAMPLES } = await import(chunk);
  assert.ok(EXAMPLES.length > 30);
  const canpull = await init();
  for (const { rule, files } of EXAMPLES) {
    const report = canpull.analyze(files.map(([path, text]) => ({ path, text })), undefined, { now: "2026-01-01T12:00:00Z" });
    assert.ok(report.diagnostics.some((finding) => finding.rule === rule), rule);
  }
});
