// The entry for Node, Deno and Bun: the module is read from the disk.

import { readFile } from "node:fs/promises";

import { load, type Canpull, type ModuleSource } from "./api.js";
import { loadingBy } from "./loading.js";

export * from "./index.js";
export type { LoadingCanpull } from "./loading.js";

/** Loads the module, from `source` or from beside this file, and gives its functions without promises. */
export function init(source?: ModuleSource): Promise<Canpull> {
  return load(() => onDisk(source ?? new URL("./canpull.wasm", import.meta.url)));
}

/** What lies on the disk is read, for `fetch` does not. */
function onDisk(source: ModuleSource): ModuleSource {
  return source instanceof URL && source.protocol === "file:" ? readFile(source) : source;
}

export const {
  analyze,
  render,
  check,
  explain,
  graph,
  applyFixes,
  rules,
  rule,
  configSchema,
  formats,
  graphFormats,
  isSource,
  credentials,
  version,
} = loadingBy(init);
