// The estate that the page opens on: two pulls that fail, each for a reason of its own.

import type { Files } from "./project.js";

const texts = import.meta.glob<string>("../estate/**", { query: "?raw", import: "default", eager: true });

export const OPENING: Files = new Map(
  Object.entries(texts).map(([path, text]) => [path.slice("../estate/".length), text]),
);

export const OPENING_FILE = "deploy/payments.yaml";
