// Short messages at the foot of the page, which screen readers speak.

import { byId, h } from "../dom.js";

const LASTING = 8000;

interface Offer {
  name: string;
  act(): void;
}

/** Tells something, and offers what may be done about it. */
export function notify(text: string, kind: "said" | "failed" = "said", offer?: Offer): void {
  const remove = () => notice.remove();
  const act = () => {
    offer?.act();
    remove();
  };
  const notice = h(
    "div",
    { class: `notice ${kind}` },
    h("p", {}, text),
    offer ? h("button", { type: "button", class: "button", onclick: act }, offer.name) : null,
    h("button", { type: "button", class: "icon", "aria-label": "Dismiss", onclick: remove }, "×"),
  );
  byId("notices").append(notice);
  // What failed stays until it was read.
  if (kind === "said") setTimeout(remove, LASTING);
}
