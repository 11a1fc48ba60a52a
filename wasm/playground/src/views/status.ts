// The foot of the page: whether the analysis is done, how long it took, and canpull's version.

import type { Analysis } from "../analysis/analysis.js";
import type { Client } from "../analysis/client.js";
import { byId } from "../dom.js";
import { count } from "../report.js";

export function showStatus(analysis: Analysis, client: Client): void {
  const words = byId("analysis-state");
  analysis.state.read((state) => {
    document.body.dataset["state"] = state.kind;
    switch (state.kind) {
      case "running":
        words.textContent = "Analysing …";
        break;
      case "done": {
        const files = analysis.latest.value?.report.summary.files ?? 0;
        words.textContent = `${count(files, "file")} in ${milliseconds(state.milliseconds)} ms`;
        break;
      }
      case "refused":
        words.textContent = "Not analysed";
        break;
      case "too-large":
        words.textContent = "Waiting";
    }
  });
  void client.call("version").then((version) => (byId("version").textContent = `canpull ${version}`), () => {});
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
