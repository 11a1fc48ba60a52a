// The service worker, made from the list of what the build wrote: the page works without a network after its first load.

import { createHash } from "node:crypto";

import type { Plugin } from "vite";

/** Writes `sw.js`, which keeps every file of the build. */
export function offline(): Plugin {
  return {
    name: "canpull-offline",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const files = Object.keys(bundle).filter((file) => !file.endsWith(".map"));
        const content = createHash("sha256");
        for (const file of files.toSorted()) {
          const entry = bundle[file];
          content.update(file).update(entry?.type === "asset" ? entry.source : (entry?.code ?? ""));
        }
        const source = worker(["./", "./icon.svg", ...files.filter((file) => file !== "index.html")], content.digest("hex").slice(0, 16));
        this.emitFile({ type: "asset", fileName: "sw.js", source });
      },
    },
  };
}

function worker(files: string[], version: string): string {
  return `// Keeps the playground's files, so that it works without a network.
const CACHE = "canpull-${version}";
const FILES = ${JSON.stringify(files)};

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("canpull-") && name !== CACHE;
  const clean = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const kept = caches.open(CACHE).then((cache) => cache.match(event.request, { ignoreSearch: true }));
  event.respondWith(kept.then((response) => response ?? fetch(event.request)));
});
`;
}
