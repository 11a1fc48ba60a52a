// Findings as the editor marks them: ranges of a text with messages and the fixes that mend them.

import type { Diagnostic as Mark } from "@codemirror/lint";
import type { Text } from "@codemirror/state";
import { Utf16Index, type Diagnostic, type Fix } from "canpull";

import { h, prose } from "../dom.js";

/** What the marks' buttons do. */
export interface Actions {
  showRule(id: string): void;
  preview(finding: Diagnostic, fix: Fix): void;
}

/** More marks than this are not looked at one by one, and cost. */
const MOST = 2000;

/** The findings in a file, as marks. */
export function marks(path: string, text: Text, findings: readonly Diagnostic[], actions: Actions): Mark[] {
  const own = findings.filter((finding) => finding.location.path === path).slice(0, MOST);
  if (own.length === 0) return [];
  const index = new Utf16Index(text.toString());
  return own.map((finding) => {
    const { from, to } = visible(text, index.range(finding.location));
    const mendable = finding.fixes.filter((fix) => fix.edits !== undefined);
    return {
      from,
      to,
      severity: finding.severity,
      message: finding.message,
      renderMessage: () => message(finding, actions),
      actions: mendable.map((fix) => ({ name: fixName(fix), apply: () => actions.preview(finding, fix) })),
    };
  });
}

/** A range that can be seen: not empty where the text allows it, and within the text. */
function visible(text: Text, { from, to }: { from: number; to: number }): { from: number; to: number } {
  const start = Math.min(from, text.length);
  const end = Math.min(Math.max(to, start), text.length);
  if (end > start) return { from: start, to: end };
  const line = text.lineAt(start);
  return { from: start, to: Math.min(line.to, start + Math.max(1, line.text.slice(start - line.from).search(/[\s:]|$/))) };
}

function message(finding: Diagnostic, actions: Actions): Node {
  const rule = h("button", { type: "button", class: "link", onclick: () => actions.showRule(finding.rule) }, finding.rule);
  const help = finding.help ? h("p", { class: "help" }, prose(finding.help)) : null;
  return h("div", {}, h("p", { class: "message" }, prose(finding.message)), help, rule);
}

/** `Fix: move it to the pod spec`. */
function fixName(fix: Fix): string {
  const title = fix.title.replaceAll("`", "");
  return fix.applicability === "safe" ? `Fix: ${title}` : `Fix, unsafe: ${title}`;
}
