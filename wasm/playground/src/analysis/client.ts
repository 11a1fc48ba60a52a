// The page's side of the worker: calls as promises. A worker that fails is replaced by a new one.

import type { Answer, Call, Failure, Work } from "./protocol.js";

/** Why the worker did not do what was asked. */
export class Refusal extends Error {
  readonly code: Failure["code"] | "stopped";
  readonly places: Failure["places"];

  constructor(failure: { code: Failure["code"] | "stopped"; message: string; places?: Failure["places"] }) {
    super(failure.message);
    this.code = failure.code;
    this.places = failure.places ?? [];
  }
}

interface Waiting {
  resolve(result: never): void;
  reject(reason: Refusal): void;
}

export class Client {
  #worker: Worker | undefined;
  #calls = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** Asks the worker to do a piece of its work. */
  call<Name extends keyof Work>(name: Name, ...given: Parameters<Work[Name]>): Promise<ReturnType<Work[Name]>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#calls;
      this.#waiting.set(id, { resolve, reject });
      this.#worker ??= this.#start();
      this.#worker.postMessage({ id, name, given } satisfies Call<Name>);
    });
  }

  /** Ends what runs now. The next call starts anew. */
  stop(reason = new Refusal({ code: "stopped", message: "stopped" })): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(reason);
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "canpull" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => this.#settle(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.stop(new Refusal({ code: "internal", message: event.message || "the worker could not be started" }));
    });
    return worker;
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("result" in answer) return waiting?.resolve(answer.result as never);
    const refusal = new Refusal(answer.error);
    waiting?.reject(refusal);
    // What it had in memory may be broken, and memory that it once took is only given back by its end.
    if (refusal.code === "internal" || refusal.code === "not-loaded") this.stop(refusal);
  }
}
