// Light and dark: as the system has it, until someone chooses.

import { byId } from "../dom.js";

const KEY = "canpull-appearance";

export function watchAppearance(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset["appearance"] ?? (system.matches ? "dark" : "light")) === "dark";
  const button = byId("appearance");
  const name = () => button.setAttribute("aria-label", isDark() ? "Switch to light" : "Switch to dark");
  const kept = remembered();
  if (kept !== null) document.documentElement.dataset["appearance"] = kept;
  button.addEventListener("click", () => {
    const chosen = isDark() ? "light" : "dark";
    document.documentElement.dataset["appearance"] = chosen;
    remember(chosen);
    name();
  });
  system.addEventListener("change", name);
  name();
}

/** A page may be denied storage. */
function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(appearance: string): void {
  try {
    localStorage.setItem(KEY, appearance);
  } catch {
    // It then lasts as long as the page.
  }
}
