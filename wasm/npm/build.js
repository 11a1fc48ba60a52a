// Makes the whole package: the module, its bindings, and the JavaScript over them.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const bindings = join(here, "src/bindings");
const dist = join(here, "dist");

/** What every engine since 2023 has, and no more. */
const FEATURES = ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext", "simd"];

/** Texts are searched sixteen bytes at a time. What is marked `#[inline]` is inlined where that costs little. */
const CODEGEN = ["target-feature=+simd128", "llvm-args=-inlinehint-threshold=50"];

const FLAGS = { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: CODEGEN.map((option) => `-C ${option}`).join(" ") };

function run(program, ...given) {
  execFileSync(program, given, { cwd: here, stdio: "inherit", env: { ...process.env, ...FLAGS } });
}

const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");

function cargo(manifest, ...given) {
  run("cargo", "build", "--locked", "--quiet", "--manifest-path", join(root, manifest), "--target-dir", target, ...given);
}

const tool = (name, ...given) => run(join(here, "node_modules/.bin", process.platform === "win32" ? `${name}.cmd` : name), ...given);

rmSync(dist, { recursive: true, force: true });
rmSync(bindings, { recursive: true, force: true });
mkdirSync(join(dist, "bindings"), { recursive: true });

cargo("wasm/Cargo.toml", "--target", "wasm32-unknown-unknown", "--profile", "wasm");
cargo("wasm/bindgen/Cargo.toml");
run(join(target, "debug/canpull-bindgen"), join(target, "wasm32-unknown-unknown/wasm/canpull_wasm.wasm"), bindings);

const features = FEATURES.map((feature) => `--enable-${feature}`);
tool("wasm-opt", "-O1", ...features, join(bindings, "canpull_bg.wasm"), "--output", join(dist, "canpull.wasm"));

tool("tsc", "--project", here);
copyFileSync(join(bindings, "canpull.js"), join(dist, "bindings/canpull.js"));
