// A rule's page, beside what it found.

import { micromark } from "micromark";

import { Refusal, type Client } from "../analysis/client.js";
import { byId, h } from "../dom.js";

export class RuleView {
  readonly #client: Client;
  readonly #openExample: (rule: string) => void;
  #shown = "";

  constructor(client: Client, openExample: (rule: string) => void) {
    this.#client = client;
    this.#openExample = openExample;
    byId("rule-page").replaceChildren(h("p", { class: "empty" }, "Choose a finding's rule to read its page here."));
  }

  async show(id: string): Promise<void> {
    this.#shown = id;
    const content = await this.#page(id);
    if (this.#shown !== id) return;
    byId("rule-page").replaceChildren(...content);
    byId("rule-page").scrollTop = 0;
  }

  async #page(id: string): Promise<Node[]> {
    try {
      const { severity, page } = await this.#client.call("rule", id);
      const article = h("article", { class: "page" });
      // Raw HTML and dangerous links are not let through.
      article.innerHTML = micromark(body(page));
      for (const link of article.querySelectorAll("a")) Object.assign(link, { target: "_blank", rel: "noreferrer" });
      // Long lines are scrolled, by keyboard too.
      for (const block of article.querySelectorAll("pre")) block.tabIndex = 0;
      const open = h("button", { type: "button", class: "button", onclick: () => this.#openExample(id) }, "Open the wrong example");
      return [
        h("header", { class: "rule-head" }, h("h2", {}, id), h("span", { class: `level ${severity}` }, severity), open),
        article,
      ];
    } catch (thrown) {
      return [h("p", { class: "empty" }, thrown instanceof Refusal ? thrown.message : String(thrown))];
    }
  }
}

/** The page without its title, which stands above it. */
function body(page: string): string {
  const start = page.indexOf("## ");
  return start < 0 ? page : page.slice(start);
}
