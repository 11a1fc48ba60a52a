// The files that are analysed, and which of them is open.

import { Store } from "./store.js";

/** Files by path, in order of their paths. Texts have no byte-order mark, and lines end in a line feed. */
export type Files = ReadonlyMap<string, string>;

/** The file that is no source but says what the others cannot. */
export const CONFIG = "canpull.yaml";

/** The project. Its files are never changed in place: whoever holds them holds a state of the project. */
export class Project {
  readonly files = new Store<Files>(new Map());
  readonly open = new Store<string>("");

  /** Puts other files in the place of all that are there, and opens one of them. */
  replace(files: Files, open?: string): void {
    this.#set(tidied(files));
    this.open.value = open !== undefined && this.files.value.has(open) ? open : this.#first();
  }

  text(path: string): string | undefined {
    return this.files.value.get(path);
  }

  /** Writes files, new ones and others. */
  write(files: Iterable<[path: string, text: string]>): void {
    this.#set([...this.files.value, ...tidied(files)]);
  }

  remove(path: string): void {
    this.#set([...this.files.value].filter(([other]) => other !== path));
    if (this.open.value === path) this.open.value = this.#first();
  }

  rename(from: string, to: string): void {
    this.#set([...this.files.value].map(([path, text]) => [path === from ? to : path, text]));
    if (this.open.value === from) this.open.value = to;
  }

  /** Why a path cannot be a new file's; undefined if it can. */
  refusal(path: string): string | undefined {
    if (path === "") return "A file needs a name.";
    if (this.files.value.has(path)) return `There is a file ${path} already.`;
    if (path.length > 400) return "That is too long for a path.";
    const parts = path.split("/");
    if (parts.some((part) => part === "" || part === "." || part === "..")) return "A path is relative to the project: deploy/web.yaml.";
    return undefined;
  }

  #set(files: [string, string][]): void {
    this.files.value = new Map([...new Map(files)].sort(([a], [b]) => byPath(a, b)));
  }

  #first(): string {
    const paths = [...this.files.value.keys()];
    return paths.find((path) => path !== CONFIG) ?? paths[0] ?? "";
  }
}

/** Folders stand before files, the configuration stands last. */
function byPath(a: string, b: string): number {
  const rank = (path: string) => (path === CONFIG ? 2 : path.includes("/") ? 0 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Texts as the editor holds them. */
function tidied(files: Iterable<[path: string, text: string]>): [string, string][] {
  return Array.from(files, ([path, text]) => {
    const start = text.startsWith("\uFEFF") ? text.slice(1) : text;
    return [path, start.includes("\r") ? start.replace(/\r\n?/g, "\n") : start];
  });
}
