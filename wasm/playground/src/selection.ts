// Which pull is looked at. It stays the same one while the files are edited.

import type { Pull, Report } from "canpull";

import type { Analysis } from "./analysis/analysis.js";
import { pullKey, worstPull } from "./report.js";
import { Store } from "./store.js";

/** A pull of the newest report. */
export interface Selected {
  report: Report;
  index: number;
  pull: Pull;
}

export class Selection {
  readonly selected = new Store<Selected | undefined>(undefined);
  #key = "";

  constructor(analysis: Analysis) {
    analysis.latest.read((latest) => (this.selected.value = latest && this.#find(latest.report)));
  }

  choose(index: number): void {
    const report = this.selected.value?.report;
    const pull = report?.pulls[index];
    if (report === undefined || pull === undefined) return;
    this.#key = pullKey(pull);
    this.selected.value = { report, index, pull };
  }

  /** Of the next report, the worst pull is looked at. */
  forget(): void {
    this.#key = "";
  }

  #find(report: Report): Selected | undefined {
    const pull = report.pulls.find((pull) => pullKey(pull) === this.#key) ?? worstPull(report);
    if (pull === undefined) return undefined;
    this.#key = pullKey(pull);
    return { report, index: report.pulls.indexOf(pull), pull };
  }
}
