// What the tests share: a server for dist/ and a headless Chromium that notes every request and every error.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

export const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** Serves dist/ below a folder, as any file server would: nothing may rely on standing at the root. */
export async function serve() {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const name = pathname.startsWith("/some/folder/") ? pathname.slice("/some/folder/".length) || "index.html" : "";
    const file = join(DIST, normalize(name));
    if (name === "" || !file.startsWith(DIST) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}/some/folder/`, origin: `http://127.0.0.1:${port}`, close };
}

/** A headless Chromium: the one that is installed, or the one that CHROMIUM names; with more flags where given. */
export function launch(...more) {
  const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [...flags, "--disable-component-update", "--disable-sync", ...more],
  });
}

/** Opens the page, and waits until it has analysed what it shows. */
export async function open(context, url) {
  const page = await context.newPage();
  const requests = [];
  const errors = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(url);
  await analysed(page);
  return { page, requests, errors };
}

/** Waits until the newest files are analysed. */
export async function analysed(page) {
  await page.waitForFunction(() => document.body.dataset.state === "done");
}
