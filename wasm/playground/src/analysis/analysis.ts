// Keeps the report up to date: waits until the typing pauses, and of several states analyses the newest.

import type { Report } from "canpull";

import type { Files, Project } from "../project.js";
import { Store } from "../store.js";
import { Refusal, type Client } from "./client.js";

/** How the analysis of the files as they are now stands. */
export type State =
  | { kind: "running" }
  | { kind: "done"; milliseconds: number }
  | { kind: "refused"; refusal: Refusal }
  | { kind: "too-large"; size: number };

/** A report, and the files that it is of. */
export interface Reported {
  files: Files;
  report: Report;
}

/** How long typing has to pause. */
const PAUSE = 120;

/** What runs longer than this gives way to newer files. */
const PATIENCE = 1000;

/** More characters than this are analysed only when asked for: a page is no place for a whole repository's history. */
const LARGE = 4_000_000;

export class Analysis {
  readonly state = new Store<State>({ kind: "running" });
  /** The newest report there is; while `state` is not `done`, of files that were. */
  readonly latest = new Store<Reported | undefined>(undefined);
  readonly #project: Project;
  readonly #client: Client;
  #timer = 0;
  #started = 0;
  #running: Files | undefined;

  constructor(project: Project, client: Client) {
    this.#project = project;
    this.#client = client;
    project.files.read(() => this.#later());
  }

  /** Analyses the files, however large they are. */
  insist(): void {
    this.#run();
  }

  #later(): void {
    clearTimeout(this.#timer);
    if (this.#running !== undefined && performance.now() - this.#started > PATIENCE) this.#client.stop();
    this.#timer = window.setTimeout(() => this.#unlessLarge(), PAUSE);
  }

  #unlessLarge(): void {
    const files = this.#project.files.value;
    const size = [...files.values()].reduce((size, text) => size + text.length, 0);
    if (size > LARGE) this.state.value = { kind: "too-large", size };
    else this.#run();
  }

  #run(): void {
    const files = this.#project.files.value;
    // The end of what runs now starts the newest.
    if (this.#running !== undefined) return;
    this.#running = files;
    this.#started = performance.now();
    this.state.value = { kind: "running" };
    void this.#analyse(files).then((outcome) => {
      this.#running = undefined;
      if (files !== this.#project.files.value) return this.#later();
      if (outcome instanceof Refusal) this.state.value = { kind: "refused", refusal: outcome };
      else {
        this.latest.value = { files, report: outcome.report };
        this.state.value = { kind: "done", milliseconds: outcome.milliseconds };
      }
    });
  }

  async #analyse(files: Files): Promise<{ report: Report; milliseconds: number } | Refusal> {
    try {
      const { text, milliseconds } = await this.#client.call("report", sources(files), { now: now() });
      return { report: JSON.parse(text) as Report, milliseconds };
    } catch (thrown) {
      return thrown instanceof Refusal ? thrown : new Refusal({ code: "internal", message: String(thrown) });
    }
  }
}

/** Files as canpull takes them. */
export function sources(files: Files): { path: string; text: string }[] {
  return Array.from(files, ([path, text]) => ({ path, text }));
}

/** What expiry dates are held against. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+/, "");
}
