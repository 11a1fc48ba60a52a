// The gallery: for each rule, files that it finds something in.

import { byId, h, prose } from "../dom.js";
import type { Example } from "../example.js";
import { SEVERITY_MARK } from "../report.js";

export class Gallery {
  readonly #open: (example: Example) => void;
  readonly #dialog = byId("examples-dialog") as HTMLDialogElement;
  readonly #search = byId("examples-search") as HTMLInputElement;
  #all: Example[] = [];

  constructor(open: (example: Example) => void) {
    this.#open = open;
    byId("examples").addEventListener("click", () => void this.show());
    byId("examples-close").addEventListener("click", () => this.#dialog.close());
    this.#search.addEventListener("input", () => this.#draw());
  }

  async show(): Promise<void> {
    await this.#load();
    this.#search.value = "";
    this.#draw();
    this.#dialog.showModal();
  }

  /** Opens the example of a rule, if its page has one. */
  async open(rule: string): Promise<void> {
    await this.#load();
    const example = this.#all.find((example) => example.rule === rule);
    if (example !== undefined) this.#open(example);
  }

  async #load(): Promise<void> {
    this.#all = (await import("virtual:examples")).EXAMPLES;
  }

  #draw(): void {
    const words = this.#search.value.toLowerCase().split(/\s+/);
    const found = this.#all.filter(({ rule, about, modes }) => {
      const text = [rule, about, ...modes].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const areas = [...new Set(found.map(({ area }) => area))];
    const groups = areas.map((area) => {
      const rows = found.filter((example) => example.area === area).map((example) => this.#row(example));
      return h("section", {}, h("h3", {}, area), h("ul", {}, ...rows));
    });
    byId("examples-list").replaceChildren(...groups, ...(found.length === 0 ? [h("p", { class: "empty" }, "No example has these words.")] : []));
  }

  #row(example: Example): HTMLElement {
    const open = () => {
      this.#dialog.close();
      this.#open(example);
    };
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "example", onclick: open },
        h("span", { class: `mark ${example.severity}`, "aria-hidden": "true" }, SEVERITY_MARK[example.severity]),
        h("span", { class: "title" }, example.modes.length === 1 ? (example.modes[0] ?? "") : title(example.rule)),
        h("span", { class: "about" }, prose(example.about)),
      ),
    );
  }
}

/** `Pull secret in other namespace`. */
function title(rule: string): string {
  return rule.charAt(0).toUpperCase() + rule.slice(1).replaceAll("-", " ");
}
