// How long the page's worker takes for an estate of a thousand lines, beside the command line. Not a test: run by hand.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { strToU8, zipSync } from "fflate";

import { analysed, launch, open, serve } from "./page.js";

const ROUNDS = 60;
const WARM_UP = 20;

const native = process.argv[2];
if (native === undefined) {
  console.error("usage: node test/speed.js CANPULL, a release build of the command line");
  process.exit(2);
}

/** Twenty-four teams with a Deployment, a service account and a Secret each. */
function estate() {
  const auths = JSON.stringify({ auths: { "contoso.azurecr.io": { username: "pull", password: "example" } } });
  const team = (number) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: team-${number}
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      serviceAccountName: web
      imagePullSecrets:
        - name: acr-${number % 3}
      containers:
        - name: web
          image: contoso.azurecr.io/team-${number}/web:1
          ports:
            - containerPort: 8080
        - name: proxy
          image: docker.io/library/nginx:1.29
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: team-${number}
imagePullSecrets:
  - name: acr-1
---
apiVersion: v1
kind: Secret
metadata:
  name: acr-1
  namespace: team-${number}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '${auths}'
`;
  return Object.fromEntries(Array.from({ length: 24 }, (_, number) => [`team-${number}.yaml`, team(number)]));
}

/** The median, and the least: other work on the machine only ever adds. */
function told(values) {
  const sorted = values.slice(WARM_UP).toSorted((a, b) => a - b);
  return `${sorted[sorted.length >> 1].toFixed(1)} ms (at least ${sorted[0].toFixed(1)})`;
}

function timeNative(files) {
  const folder = mkdtempSync(join(tmpdir(), "canpull-speed-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const run = () => {
      const start = performance.now();
      execFileSync(native, ["check", "--isolated", "--output-format", "json", "--fail-on", "never", folder], { maxBuffer: 1 << 28 });
      return performance.now() - start;
    };
    return Array.from({ length: ROUNDS }, run);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const files = estate();
const lines = Object.values(files).join("").split("\n").length;
const server = await serve();
const browser = await launch();
try {
  const { page } = await open(await browser.newContext(), server.url);
  const zip = zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)])));
  await page.locator("#file-chooser").setInputFiles([{ name: "estate.zip", mimeType: "application/zip", buffer: Buffer.from(zip) }]);
  await page.locator("#file-list", { hasText: "team-9.yaml" }).waitFor();
  await analysed(page);
  await page.locator("#code .cm-content").click();
  // The page says how long each analysis took; it is read there, for a fast one would be missed from here.
  await page.evaluate(() => {
    window.times = [];
    const note = () => document.body.dataset.state === "done" && window.times.push(document.getElementById("analysis-state").textContent);
    new MutationObserver(note).observe(document.body, { attributeFilter: ["data-state"] });
  });
  for (let round = 1; round <= ROUNDS; round++) {
    await page.keyboard.press(round % 2 === 0 ? "Backspace" : "Enter");
    await page.waitForFunction((round) => window.times.length >= round, round);
  }
  const times = (await page.evaluate(() => window.times)).map((told) => Number.parseFloat(/in ([\d.]+) ms/.exec(told)[1]));
  console.log(`${lines} lines: ${told(times)} in the worker, ${told(timeNative(files))} as a whole native process`);
} finally {
  await browser.close();
  await server.close();
}
