// Tabs: one panel of several, and on narrow screens one pane of the page.

import { byId } from "../dom.js";

/** Makes a tab list work by mouse and by arrow keys; tells when a tab is shown. */
export function tabs(listId: string, onShow: (tab: string) => void = () => {}): (tab: string) => void {
  const all = [...byId(listId).querySelectorAll<HTMLElement>("[role=tab]")];
  const show = (name: string, focus = false) => {
    for (const tab of all) {
      const chosen = tab.dataset["tab"] === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      byId(tab.getAttribute("aria-controls") ?? "").hidden = !chosen;
      if (chosen && focus) tab.focus();
    }
    onShow(name);
  };
  all.forEach((tab, index) => {
    tab.addEventListener("click", () => show(tab.dataset["tab"] ?? ""));
    tab.addEventListener("keydown", ({ key }) => {
      const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
      const next = all[(index + step + all.length) % all.length];
      if (step !== 0 && next !== undefined) show(next.dataset["tab"] ?? "", true);
    });
  });
  return show;
}

export type Pane = "proof" | "code" | "problems";

/** On narrow screens one pane is shown at a time. */
export function showPane(pane: Pane): void {
  document.body.dataset["pane"] = pane;
  for (const button of byId("panes").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset["pane"] === pane));
  }
}

export function watchPanes(): void {
  for (const button of byId("panes").querySelectorAll("button")) {
    button.addEventListener("click", () => showPane(button.dataset["pane"] as Pane));
  }
}
