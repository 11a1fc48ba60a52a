// Functions that load the module first.

import type { Canpull, ModuleSource } from "./api.js";

/** A function that loads the module first. */
type Loading<F> = F extends (...given: infer Given) => infer Result ? (...given: Given) => Promise<Result> : never;

/** All of canpull's functions, each of which loads the module first. */
export type LoadingCanpull = { [Name in keyof Canpull]: Loading<Canpull[Name]> };

/** Functions that load the module by `init` where it is not loaded yet. */
export function loadingBy(init: (source?: ModuleSource) => Promise<Canpull>): LoadingCanpull {
  const later =
    <Name extends keyof Canpull>(name: Name) =>
    async (...given: unknown[]) =>
      ((await init())[name] as (...given: unknown[]) => unknown)(...given);
  return {
    analyze: later("analyze"),
    render: later("render"),
    check: later("check"),
    explain: later("explain"),
    graph: later("graph"),
    applyFixes: later("applyFixes"),
    rules: later("rules"),
    rule: later("rule"),
    configSchema: later("configSchema"),
    formats: later("formats"),
    graphFormats: later("graphFormats"),
    isSource: later("isSource"),
    credentials: later("credentials"),
    version: later("version"),
  } as LoadingCanpull;
}
