// The proof: every pull with its verdict, and of the chosen one all routes, link by link.

import type { Diagnostic, Link, Pull, Report, Route } from "canpull";

import { byId, h, prose, redraw } from "../dom.js";
import { count, findingsOn, routeName, type Truth, verdictWords, workloadName } from "../report.js";
import type { Selected, Selection } from "../selection.js";
import { type Actions, fixButtons, placeButton, ruleButton, severityMark, truthMark } from "./parts.js";

/** More pulls than this are not listed; the graph and the command line show all. */
const MOST = 200;

export function showProof(selection: Selection, actions: Actions): void {
  selection.selected.read((selected) => {
    drawVerdict(selected ? summary(selected.report) : [h("h1", {}, "No images to pull")]);
    drawPulls(selected, selection);
    redraw(byId("proof-tree"), selected ? proof(selected, actions) : []);
  });
}

/** It is spoken when it is drawn: only where it is another one. */
function drawVerdict(content: Node[]): void {
  const text = content.map((node) => node.textContent).join("");
  if (byId("verdict").textContent !== text) byId("verdict").replaceChildren(...content);
}

function summary(report: Report): Node[] {
  const { yes, no, unknown } = report.summary.pulls;
  const all = yes + no + unknown;
  const part = (truth: Truth, number: number, words: string) =>
    h("li", { class: truth }, truthMark(truth), ` ${number} ${words}`);
  const told = (number: number, truth: Truth) =>
    all === 1 ? `The image ${verdictWords(truth)}` : `${number} of ${count(all, "image")} ${verdictWords(truth)}`;
  const worst: Truth = no > 0 ? "no" : unknown > 0 ? "unknown" : "yes";
  return [
    h("h1", { class: worst }, truthMark(worst), " ", told(worst === "no" ? no : worst === "unknown" ? unknown : yes, worst)),
    h("ul", { class: "tally" }, part("yes", yes, "yes"), part("no", no, "no"), part("unknown", unknown, "unknown")),
  ];
}

function drawPulls(selected: Selected | undefined, selection: Selection): void {
  const row = (pull: Pull, index: number) => {
    const role = pull.role === "container" ? "" : `${pull.role} `;
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: `pull ${pull.verdict}`, "aria-current": index === selected?.index ? "true" : null, onclick: () => selection.choose(index) },
        truthMark(pull.verdict),
        h("span", { class: "who" }, workloadName(pull), h("span", { class: "container" }, ` ${role}${pull.container}`)),
        h("span", { class: "image" }, pull.image),
      ),
    );
  };
  const pulls = selected?.report.pulls ?? [];
  const rows = pulls.slice(0, MOST).map(row);
  if (pulls.length > MOST) rows.push(h("li", { class: "more" }, `and ${(pulls.length - MOST).toLocaleString("en")} more`));
  redraw(byId("pulls"), rows);
}

const ROLE: Record<Pull["role"], string> = {
  container: "container",
  init: "init container",
  ephemeral: "ephemeral container",
  volume: "image volume",
};

function proof({ report, index, pull }: Selected, actions: Actions): Node[] {
  const holds = pull.verdict === "yes" ? "One way in is enough" : "Any one way in would be enough";
  return [
    h("h2", { class: pull.verdict }, h("code", {}, pull.image), ` ${verdictWords(pull.verdict)}`),
    h("p", { class: "subject" }, `${workloadName(pull)}, ${ROLE[pull.role]} ${pull.container} `, placeButton(pull.location, actions)),
    causes(findingsOn(report, index), actions),
    group("Needed by every pull of the pod", links(pull.common, actions)),
    group(holds, h("ul", { class: "routes" }, ...pull.routes.map((route) => routeRow(route, actions)))),
  ];
}

function group(title: string, content: Node): HTMLElement {
  return h("section", { class: "group" }, h("h3", {}, title), content);
}

function causes(findings: readonly Diagnostic[], actions: Actions): HTMLElement {
  const row = (finding: Diagnostic) =>
    h(
      "li",
      { class: `cause ${finding.severity}` },
      severityMark(finding.severity),
      h(
        "div",
        { class: "what" },
        h("p", {}, prose(finding.message)),
        h("p", { class: "where" }, placeButton(finding.location, actions), ruleButton(finding.rule, actions)),
      ),
      fixButtons(finding, actions),
    );
  const list = h("ul", { class: "causes", "aria-label": "Findings on this pull" }, ...findings.map(row));
  list.hidden = findings.length === 0;
  return list;
}

/** A route holds if all its links do. */
function routeRow(route: Route, actions: Actions): HTMLElement {
  return h(
    "li",
    { class: `route ${route.truth}` },
    h("p", { class: "way" }, truthMark(route.truth), " ", prose(routeName(route))),
    links(route.links, actions),
  );
}

function links(all: readonly Link[], actions: Actions): HTMLElement {
  const broken = all.find((link) => link.truth === "no") ?? all.find((link) => link.truth === "unknown");
  const row = (link: Link) =>
    h(
      "li",
      { class: `link-row ${link.truth}${link === broken ? " broken" : ""}` },
      truthMark(link.truth),
      h(
        "div",
        {},
        h("span", { class: "claim" }, prose(link.claim)),
        link.assumed ? h("span", { class: "assumed", title: "Taken for granted until a file shows otherwise" }, "assumed") : null,
        h("span", { class: "places" }, ...link.because.map((because) => placeButton(because, actions))),
      ),
    );
  return h("ul", { class: "links" }, ...all.map(row));
}
