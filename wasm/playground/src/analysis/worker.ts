// The worker: canpull, loaded once, answers one call after the other.

import { CanpullError, init } from "canpull";

import type { Answer, Call, Failure, Work } from "./protocol.js";

const work: Promise<Work> = init().then((canpull) => ({
  ...canpull,
  report: (files, options) => {
    const start = performance.now();
    const text = canpull.render("json", files, undefined, options);
    return { text, milliseconds: performance.now() - start };
  },
  allCredentials: (files) => files.map((file) => canpull.credentials(file)),
  sources: (paths) => paths.filter((path) => canpull.isSource(path)),
}));

self.addEventListener("message", ({ data }: MessageEvent<Call>) => {
  void answer(data).then((answer) => self.postMessage(answer));
});

async function answer({ id, name, given }: Call): Promise<Answer> {
  try {
    const call = (await work)[name] as (...given: unknown[]) => unknown;
    return { id, result: call(...given) };
  } catch (thrown) {
    return { id, error: failure(thrown) };
  }
}

function failure(thrown: unknown): Failure {
  if (thrown instanceof CanpullError) return { code: thrown.code, message: thrown.message, places: thrown.places };
  return { code: "internal", message: String(thrown), places: [] };
}
