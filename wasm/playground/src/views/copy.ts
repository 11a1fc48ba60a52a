// Puts texts on the clipboard, and says so.

import { notify } from "./notices.js";

/** Copies a text; `what` names it in the notice. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(`Copied ${what}.`);
  } catch {
    notify(`The browser does not let the page copy ${what}.`, "failed");
  }
}
