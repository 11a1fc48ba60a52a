// The examples gallery, taken from the rules' executed pages when the playground is built.

import { readFileSync } from "node:fs";

import { init } from "canpull";
import type { Plugin } from "vite";

import type { Example } from "../src/example.js";

const MODULE = "virtual:examples";
const FAILURE_MODES = new URL("../../../docs/failure-modes.md", import.meta.url);

/** By the letters that the codes of failure modes begin with. */
const AREAS: Record<string, string> = {
  ID: "Which identity pulls",
  RB: "What its role allows",
  RG: "Registries",
  SE: "Pull secrets",
  SH: "Scripts",
};

/** By their names, for rules that no known failure mode is found by. */
const BY_NAME: [name: RegExp, area: string][] = [
  [/^(role|principal|assignment)-/, "RB"],
  [/^(admin-user|anonymous|registry)-/, "RG"],
  [/^(pull-)?(secret|credential)-/, "SE"],
];

const OTHER_AREA = "Manifests";

/** Provides `virtual:examples`. */
export function examples(): Plugin {
  const resolved = `\0${MODULE}`;
  return {
    name: "canpull-examples",
    resolveId: (id) => (id === MODULE ? resolved : undefined),
    load: async (id) => (id === resolved ? `export const EXAMPLES = ${JSON.stringify(await collect())};` : undefined),
  };
}

async function collect(): Promise<Example[]> {
  const canpull = await init();
  const modes = failureModes(readFileSync(FAILURE_MODES, "utf8"));
  return canpull.rules().flatMap(({ id, severity }) => {
    const { page } = canpull.rule(id);
    const files = fences(section(page, "Wrong"));
    if (files.length === 0) return [];
    const own = modes.filter(({ rules }) => rules.includes(id));
    const letters = own[0]?.code.slice(0, 2) ?? BY_NAME.find(([name]) => name.test(id))?.[1] ?? "";
    const area = AREAS[letters] ?? OTHER_AREA;
    return [{ rule: id, severity, about: about(page), modes: own.map(({ what }) => what), area, files }];
  });
}

interface FailureMode {
  code: string;
  what: string;
  rules: string[];
}

/** The rows of the table `| code | what goes wrong | found by |`. */
function failureModes(text: string): FailureMode[] {
  return [...text.matchAll(/^\| ([A-Z]{2}\d+) \| (.+?) \| (.+?) \|$/gm)].map(([, code = "", what = "", by = ""]) => {
    // What stands in parentheses says when, not which.
    const rules = [...by.replace(/\(.*?\)/g, "").matchAll(/`([a-z-]+)`/g)].map(([, rule = ""]) => rule);
    return { code, what, rules };
  });
}

function section(page: string, heading: string): string {
  return page.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
}

/** A fence names its file behind its language, `page.yaml` where it does not. */
function fences(text: string): [string, string][] {
  return [...text.matchAll(/^```(\S*)(?: (\S+))?\n(.*?)^```$/gms)].map(([, , path, content = ""]) => [path ?? "page.yaml", content]);
}

/** The first sentence of what the rule does. */
function about(page: string): string {
  const sentence = section(page, "What it does").trim().replace(/\s+/g, " ").split(/(?<=\.) (?=[A-Z])/)[0] ?? "";
  const what = sentence.replace(/^Reports /, "");
  return what.charAt(0).toUpperCase() + what.slice(1);
}
