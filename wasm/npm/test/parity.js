// Holds the module against what the command line printed: `node parity.js FOLDER`, whose every folder is a project and has
// the outputs beside it.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

import { init } from "../dist/node.js";

const root = process.argv[2];
const options = { now: process.argv[3] };
const canpull = await init();
let same = 0;
const different = [];

function hold(name, wanted, given) {
  if (!existsSync(join(root, wanted))) return;
  const printed = readFileSync(join(root, wanted), "utf8");
  let said;
  try {
    said = given();
  } catch (error) {
    said = `canpull: ${error.message}\n`;
  }
  if (said === printed) same += 1;
  else different.push(`${name}\n--- command line\n${printed}\n--- module\n${said}`);
}

for (const entry of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  const folder = join(root, entry.name);
  const inside = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((inner) => inner.isFile());
  const files = inside.map((inner) => {
    const path = join(inner.parentPath ?? inner.path, inner.name);
    return { path: relative(folder, path).split(sep).join("/"), bytes: readFileSync(path) };
  });
  for (const format of canpull.formats()) {
    hold(entry.name, `${entry.name}.${format}`, () => canpull.render(format, files, undefined, options));
  }
  hold(entry.name, `${entry.name}.json`, () => `${JSON.stringify(canpull.analyze(files, undefined, options), null, 2)}\n`);
  hold(entry.name, `${entry.name}.explain`, () => canpull.explain("", files, undefined, options));
  for (const format of canpull.graphFormats()) {
    hold(entry.name, `${entry.name}.graph-${format}`, () => canpull.graph(files, format, undefined, options));
  }
}
console.log(`${same} the same, ${different.length} different`);
if (different.length > 0) {
  console.error(different.slice(0, 3).join("\n\n"));
  process.exit(1);
}
