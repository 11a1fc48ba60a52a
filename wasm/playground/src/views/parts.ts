// Parts that several views show: marks, places, rules, fixes.

import type { Diagnostic, Fix, Location } from "canpull";

import { h } from "../dom.js";
import { CONFIG_ERROR } from "../problems.js";
import { MARK, placeName, type Severity, SEVERITY_MARK, type Truth } from "../report.js";

/** What the parts' buttons do. */
export interface Actions {
  goTo(place: Location): void;
  showRule(id: string): void;
  preview(finding: Diagnostic, fix: Fix): void;
}

/** The mark of a verdict, which screen readers speak as a word. */
export function truthMark(truth: Truth): HTMLElement {
  return h("span", { class: `mark ${truth}`, role: "img", "aria-label": truth }, MARK[truth]);
}

/** The mark of a finding, likewise. */
export function severityMark(severity: Severity): HTMLElement {
  return h("span", { class: `mark ${severity}`, role: "img", "aria-label": severity }, SEVERITY_MARK[severity]);
}

/** A place to jump to. */
export function placeButton(place: Location, actions: Actions): HTMLElement {
  return h("button", { type: "button", class: "place", onclick: () => actions.goTo(place) }, placeName(place));
}

/** A rule whose page can be read. */
export function ruleButton(id: string, actions: Actions): HTMLElement {
  if (id === CONFIG_ERROR) return h("span", {}, id);
  return h("button", { type: "button", class: "link", onclick: () => actions.showRule(id) }, id);
}

/** What can be done about a finding. */
export function fixButtons(finding: Diagnostic, actions: Actions): HTMLElement {
  const button = (fix: Fix) => {
    const safe = fix.applicability === "safe";
    const name = fix.edits === undefined ? "Command" : safe ? "Fix" : "Fix, unsafe";
    const properties = { type: "button", class: safe ? "button primary" : "button", title: fix.title };
    return h("button", { ...properties, onclick: () => actions.preview(finding, fix) }, name);
  };
  return h("div", { class: "fixes" }, ...finding.fixes.map(button));
}
