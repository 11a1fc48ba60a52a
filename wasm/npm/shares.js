// What the module's code is made of: `node shares.js` after a build, by the names of the functions before wasm-opt takes
// them off. Generic code of the standard library counts as "shared", whoever made use of it.

import { readFileSync } from "node:fs";

const built = new URL("../../target/wasm32-unknown-unknown/wasm/canpull_wasm.wasm", import.meta.url);
const bytes = readFileSync(process.argv[2] ?? built);
let at = 8;

function number() {
  let result = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    result += (byte & 127) * 2 ** shift;
    if (byte < 128) return result;
  }
}

const text = () => {
  const length = number();
  at += length;
  return bytes.toString("utf8", at - length, at);
};

function limits() {
  const flags = number();
  number();
  if (flags & 1) number();
}

const sizes = [];
const names = new Map();
let imported = 0;
let data = 0;

const sections = {
  /** Imports come first in the numbering of functions. */
  2() {
    for (let left = number(); left > 0; left--) {
      text(), text();
      const kind = bytes[at++];
      if (kind === 0) number(), imported++;
      else if (kind === 1) at++, limits();
      else if (kind === 2) limits();
      else at += 2;
    }
  },
  10() {
    for (let left = number(); left > 0; left--) {
      const size = number();
      sizes.push(size);
      at += size;
    }
  },
  11: (size) => (data = size),
  0(_, end) {
    if (text() !== "name") return;
    while (at < end) {
      const part = bytes[at++];
      const close = number() + at;
      if (part === 1) for (let left = number(); left > 0; left--) names.set(number(), text());
      at = close;
    }
  },
};

while (at < bytes.length) {
  const id = bytes[at++];
  const size = number();
  const end = at + size;
  sections[id]?.(size, end);
  at = end;
}

/** The first two or three steps of a path, as `canpull_core::source::shell`. */
function owner(mangled) {
  const steps = [];
  const path = /(canpull_core|canpull_syntax|granit_parser|yaml_serde|libyaml_rs|serde_json|schemars|time|canpull_wasm)(.*)/.exec(mangled);
  if (!path) return "shared";
  steps.push(path[1]);
  let rest = path[2];
  for (let match; steps.length < 3 && (match = /^(?:\.\.|::)?(\d+)/.exec(rest)); ) {
    const from = match[0].length;
    steps.push(rest.slice(from, from + Number(match[1])));
    rest = rest.slice(from + Number(match[1]));
  }
  const deep = steps[0] === "canpull_core" && ["source", "render"].includes(steps[1]);
  return steps.slice(0, steps[0].startsWith("canpull_") ? (deep ? 3 : 2) : 1).join("::");
}

const shares = new Map([["data: tables, texts, the rules' pages", data]]);
sizes.forEach((size, index) => {
  const share = owner(names.get(imported + index) ?? "");
  shares.set(share, (shares.get(share) ?? 0) + size);
});
const all = [...shares.values()].reduce((sum, size) => sum + size);
for (const [share, size] of [...shares].sort((a, b) => b[1] - a[1])) {
  if (size > all / 500) console.log(`${((100 * size) / all).toFixed(1).padStart(5)} %  ${String(Math.round(size / 1000)).padStart(5)} kB  ${share}`);
}
