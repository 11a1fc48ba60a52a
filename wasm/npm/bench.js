// Holds the module against the command line on one thread: `node bench.js CANPULL FOLDER`.
// By turns, in processor time; the module's includes making text of the report, the command line's reading the files.

import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

import { init } from "./dist/node.js";

const ROUNDS = 11;
const [program, folder] = process.argv.slice(2);
const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const files = entries.map((entry) => {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  return { path: relative(folder, path).split(sep).join("/"), bytes: readFileSync(path) };
});
const canpull = await init();

function native() {
  const script = '"$1" --output-format json --fail-on never --isolated "$2" > /dev/null; times';
  const environment = { ...process.env, RAYON_NUM_THREADS: "1" };
  const said = execFileSync("sh", ["-c", script, "sh", program, folder], { encoding: "utf8", env: environment });
  const [, user, system] = /\n(\S+) (\S+)/.exec(said);
  return seconds(user) + seconds(system);
}

function seconds(time) {
  const [, minutes, rest] = /^(\d+)m([\d.]+)s$/.exec(time);
  return Number(minutes) * 60 + Number(rest);
}

function module() {
  const before = process.cpuUsage();
  canpull.render("json", files, undefined, { isolated: true });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const ratios = [];
for (let round = 0; round <= ROUNDS; round++) {
  const ratio = native() / module();
  // The first round warms the disk's cache and the engine's code.
  if (round > 0) ratios.push(ratio);
}
ratios.sort((a, b) => a - b);
const percent = (ratio) => `${Math.round(ratio * 100)} %`;
console.log(`${files.length} files: ${percent(ratios[ROUNDS >> 1])} of the native speed (${percent(ratios[0])} to ${percent(ratios.at(-1))})`);
