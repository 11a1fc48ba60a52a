// The entry for browsers and bundlers: the module is fetched from beside this file.

import { load, type Canpull, type ModuleSource } from "./api.js";
import { loadingBy } from "./loading.js";

export * from "./index.js";
export type { LoadingCanpull } from "./loading.js";

/** Loads the module, from `source` or from beside this file, and gives its functions without promises. */
export function init(source?: ModuleSource): Promise<Canpull> {
  return load(() => source ?? new URL("./canpull.wasm", import.meta.url));
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
