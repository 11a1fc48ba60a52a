// How the playground is built.

import { defineConfig } from "vite";

import { examples } from "./build/examples.js";
import { offline } from "./build/offline.js";

export default defineConfig({
  base: "./",
  plugins: [examples(), offline()],
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
  // The package finds its module beside its own file.
  optimizeDeps: { exclude: ["canpull"] },
});
