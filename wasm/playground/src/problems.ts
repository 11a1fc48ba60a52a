// What is to be mended: the findings of the report, and where the configuration is wrong.

import type { Diagnostic } from "canpull";

import type { Analysis, State } from "./analysis/analysis.js";
import { CONFIG, type Project } from "./project.js";
import { SEVERITIES, type Severity } from "./report.js";
import { Store } from "./store.js";

/** The rule that errors of the configuration are shown under; it has no page. */
export const CONFIG_ERROR = "invalid-config";

export class Problems {
  /** All there are. */
  readonly all = new Store<readonly Diagnostic[]>([]);
  /** Those of the severities that are shown. */
  readonly shown = new Store<readonly Diagnostic[]>([]);
  readonly severities = new Store<ReadonlySet<Severity>>(new Set(SEVERITIES));

  constructor(analysis: Analysis, project: Project) {
    analysis.latest.read((latest) => (this.all.value = latest?.report.diagnostics ?? []));
    analysis.state.read((state) => {
      if (state.kind === "refused") this.all.value = configErrors(state, project);
      else if (state.kind === "done") this.all.value = analysis.latest.value?.report.diagnostics ?? [];
    });
    const filter = () => {
      this.shown.value = this.all.value.filter((problem) => this.severities.value.has(problem.severity));
    };
    this.all.read(filter);
    this.severities.read(filter);
  }

  toggle(severity: Severity): void {
    const severities = new Set(this.severities.value);
    if (!severities.delete(severity)) severities.add(severity);
    this.severities.value = severities;
  }

  /** The problem that follows a place, or, backwards, the one before it; after the last comes the first. */
  next(from: { path: string; offset: number }, backwards: boolean, order: readonly string[]): Diagnostic | undefined {
    const rank = (path: string, offset: number) => [order.indexOf(path), offset] as const;
    const compare = (a: readonly [number, number], b: readonly [number, number]) => a[0] - b[0] || a[1] - b[1];
    const place = (problem: Diagnostic) => rank(problem.location.path, problem.location.start.offset);
    const sorted = [...this.shown.value].sort((a, b) => compare(place(a), place(b)));
    const here = rank(from.path, from.offset);
    if (backwards) return sorted.findLast((problem) => compare(place(problem), here) < 0) ?? sorted.at(-1);
    return sorted.find((problem) => compare(place(problem), here) > 0) ?? sorted[0];
  }
}

function configErrors(state: State & { kind: "refused" }, project: Project): Diagnostic[] {
  const text = project.text(CONFIG);
  return state.refusal.places.map(({ line, column, offset, message }) => {
    const start = { line, column, offset };
    const rest = text?.split("\n")[line - 1]?.slice(column - 1) ?? "";
    const length = /^[\w.*/-]+/.exec(rest)?.[0].length ?? 1;
    const end = { line, column: column + length, offset: offset + length };
    return {
      rule: CONFIG_ERROR,
      severity: "error",
      confidence: "high",
      message,
      help: "",
      location: { path: CONFIG, start, end },
      label: "",
      object: null,
      related: [],
      fixes: [],
      pulls: [],
    } satisfies Diagnostic;
  });
}
