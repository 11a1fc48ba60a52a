// The list of problems, and which severities it shows.

import type { Diagnostic } from "canpull";

import type { Analysis } from "../analysis/analysis.js";
import { byId, h, prose, redraw } from "../dom.js";
import type { Problems } from "../problems.js";
import { count, placeName, SEVERITIES, SEVERITY_MARK, type Severity } from "../report.js";
import { type Actions, fixButtons, ruleButton, severityMark } from "./parts.js";

/** More rows than this are not read by anybody, and cost. */
const MOST = 300;

export interface ProblemActions extends Actions {
  previewAll(): void;
}

export function showProblems(problems: Problems, analysis: Analysis, actions: ProblemActions): void {
  const list = byId("problem-list");
  const filters = byId("severities");
  const fixAll = byId("fix-all");
  fixAll.addEventListener("click", () => actions.previewAll());

  const drawFilters = () => {
    const button = (severity: Severity) => {
      const number = problems.all.value.filter((problem) => problem.severity === severity).length;
      const pressed = problems.severities.value.has(severity);
      const names: Record<Severity, string> = { error: "error", warning: "warning", info: "note" };
      return h(
        "button",
        { type: "button", class: `filter ${severity}`, "aria-pressed": String(pressed), onclick: () => problems.toggle(severity) },
        h("span", { class: "mark", "aria-hidden": "true" }, SEVERITY_MARK[severity]),
        " ",
        count(number, names[severity]),
      );
    };
    redraw(filters, SEVERITIES.map(button));
  };

  const draw = () => {
    drawFilters();
    const shown = problems.shown.value;
    const rows = shown.slice(0, MOST).map((problem) => row(problem, actions));
    if (shown.length > MOST) rows.push(h("li", { class: "more" }, `and ${(shown.length - MOST).toLocaleString("en")} more`));
    redraw(list, rows);
    const safe = problems.all.value.some(({ fixes }) => fixes.some((fix) => fix.applicability === "safe" && fix.edits));
    fixAll.toggleAttribute("disabled", !safe);
    showState();
  };

  const showState = () => {
    const [text, offer] = stateWords(analysis, problems);
    byId("problem-state").replaceChildren(...(text === "" ? [] : [h("p", {}, prose(text))]), ...(offer ? [offer] : []));
    byId("problem-state").hidden = text === "";
  };

  problems.shown.read(draw);
  problems.all.read(draw);
  analysis.state.read(showState);
}

function stateWords(analysis: Analysis, problems: Problems): [text: string, offer?: HTMLElement] {
  const state = analysis.state.value;
  switch (state.kind) {
    case "running":
      return analysis.latest.value === undefined ? ["Reading the files …"] : [""];
    case "done":
      if (problems.all.value.length === 0) return ["Nothing to mend."];
      return [problems.shown.value.length === 0 ? "All problems are filtered out." : ""];
    case "too-large": {
      const megabytes = (state.size / 1e6).toFixed(1);
      const text = `These files hold ${megabytes} MB. That takes the page a while, so it waits until you ask for it; the command line reads as much in a moment.`;
      return [text, h("button", { type: "button", class: "button", onclick: () => analysis.insist() }, "Analyse all the same")];
    }
    case "refused":
      return [refusalWords(state.refusal)];
  }
}

function refusalWords({ code, message, places }: { code: string; message: string; places: readonly unknown[] }): string {
  switch (code) {
    case "nothing-to-read":
      return "No file here is one that canpull reads. Add a manifest (`.yaml`), a script (`.sh`), or what `az` printed (`.json`).";
    case "invalid-config":
      return places.length > 0 ? "The configuration is wrong. Until it is mended, nothing is analysed." : message;
    case "internal":
      return `canpull stopped on these files, which is a defect of canpull. Your text is kept, and the next change starts it anew. (${message})`;
    case "not-loaded":
      return `canpull could not be loaded. Reload the page to try again. (${message})`;
    default:
      return message;
  }
}

function row(problem: Diagnostic, actions: ProblemActions): HTMLElement {
  const goTo = () => actions.goTo(problem.location);
  return h(
    "li",
    { class: `problem ${problem.severity}` },
    severityMark(problem.severity),
    h(
      "div",
      { class: "what" },
      h("button", { type: "button", class: "message", onclick: goTo }, prose(problem.message)),
      h("p", { class: "where" }, h("span", { class: "at" }, placeName(problem.location)), ruleButton(problem.rule, actions)),
    ),
    fixButtons(problem, actions),
  );
}
