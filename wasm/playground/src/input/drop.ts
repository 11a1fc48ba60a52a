// Files from outside: dropped files, folders and zips, or chosen ones. What is no text or no source is left out, and told.

import { unzipSync } from "fflate";

import type { Client } from "../analysis/client.js";
import { byId } from "../dom.js";
import { CONFIG, type Files, type Project } from "../project.js";
import { count } from "../report.js";
import { notify } from "../views/notices.js";

/** Folders that hold no sources. */
const SKIPPED = new Set([".git", "node_modules", ".terraform"]);

/** More is not for a page. */
const MOST_BYTES = 64 << 20;
const MOST_FILES = 20_000;

interface Found {
  path: string;
  bytes: Uint8Array;
}

/** Takes in what is dropped on the page or chosen with its button. */
export function watchDrops(project: Project, client: Client, replaced: () => void): void {
  const chooser = byId("file-chooser") as HTMLInputElement;
  const take = async (collect: () => Promise<Found[]>, whole: boolean) => {
    try {
      await takeIn(await collect(), whole, project, client, replaced);
    } catch (thrown) {
      notify(thrown instanceof Error ? thrown.message : String(thrown), "failed");
    }
  };
  byId("open-files").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    const files = [...(chooser.files ?? [])];
    void take(() => read(files.map((file) => ({ path: file.name, file }))), files.some(isZip));
    chooser.value = "";
  });

  let depth = 0;
  const hint = (shown: boolean) => document.body.toggleAttribute("data-dropping", shown);
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  window.addEventListener("dragenter", (event) => carriesFiles(event) && hint(++depth > 0));
  window.addEventListener("dragleave", (event) => carriesFiles(event) && hint(--depth > 0));
  window.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  // The editor would put the text of a dropped file where the cursor is.
  window.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    depth = 0;
    hint(false);
    const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
    void take(() => collectEntries(entries), entries.some((entry) => entry.isDirectory || isZip(entry)));
  }, { capture: true });
}

function isZip({ name }: { name: string }): boolean {
  return name.toLowerCase().endsWith(".zip");
}

async function collectEntries(entries: FileSystemEntry[]): Promise<Found[]> {
  const files: { path: string; file: File }[] = [];
  const walk = async (entry: FileSystemEntry, folder: string): Promise<void> => {
    if (SKIPPED.has(entry.name)) return;
    if (files.length > MOST_FILES) throw new Error(`There are more than ${MOST_FILES.toLocaleString("en")} files: too many for a page.`);
    const path = folder + entry.name;
    if (entry.isFile) files.push({ path, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) });
    else for (const inner of await children(entry as FileSystemDirectoryEntry)) await walk(inner, `${path}/`);
  };
  for (const entry of entries) await walk(entry, "");
  return read(files);
}

/** A reader hands out a hundred entries at a time. */
async function children(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function read(files: { path: string; file: File }[]): Promise<Found[]> {
  const size = files.reduce((size, { file }) => size + file.size, 0);
  if (size > MOST_BYTES) throw new Error(`These files hold ${(size / 1e6).toFixed(0)} MB: too much for a page. The command line reads them.`);
  const all = await Promise.all(files.map(async ({ path, file }) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return isZip(file) ? unzip(path, bytes) : [{ path, bytes }];
  }));
  return all.flat();
}

function unzip(name: string, bytes: Uint8Array): Found[] {
  let size = 0;
  let number = 0;
  try {
    const entries = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (name.endsWith("/") || name.split("/").some((part) => SKIPPED.has(part) || part === "__MACOSX")) return false;
        size += originalSize;
        if (size > MOST_BYTES || ++number > MOST_FILES) throw new Error("it holds too much for a page");
        return true;
      },
    });
    return Object.entries(entries).map(([path, bytes]) => ({ path, bytes }));
  } catch (thrown) {
    throw new Error(`${name} cannot be unpacked: ${thrown instanceof Error ? thrown.message : String(thrown)}.`);
  }
}

async function takeIn(found: Found[], whole: boolean, project: Project, client: Client, replaced: () => void): Promise<void> {
  const paths = stripped(found.map(({ path }) => path));
  const wanted = new Set([...(await client.call("sources", paths)), CONFIG]);
  const files: [string, string][] = [];
  const binary: string[] = [];
  let others = 0;
  found.forEach(({ bytes }, index) => {
    const path = paths[index] ?? "";
    const text = wanted.has(path) ? decoded(bytes) : undefined;
    if (!wanted.has(path)) others++;
    else if (text === undefined) binary.push(path);
    else files.push([path, text]);
  });
  const left = [
    binary.length > 0 ? `${binary.slice(0, 3).join(", ")}${binary.length > 3 ? " and others" : ""} ${binary.length === 1 ? "is" : "are"} no text` : "",
    others > 0 ? `${count(others, "file")} ${others === 1 ? "is" : "are"} of kinds that canpull does not read` : "",
  ].filter((part) => part !== "").join("; ");
  if (files.length === 0) return notify(`Nothing was opened: ${left || "there are no files"}.`, "failed");
  const before: Files = project.files.value;
  const first = files.find(([path]) => path !== CONFIG)?.[0];
  const text = `Opened ${count(files.length, "file")}.${left === "" ? "" : ` Left out: ${left}.`}`;
  if (whole) {
    replaced();
    project.replace(new Map(files), first);
  } else {
    project.write(files);
    if (first !== undefined) project.open.value = first;
  }
  notify(text, "said", { name: "Undo", act: () => project.replace(before) });
}

/** Paths from the project's root: without the folder that all of them are in. */
function stripped(paths: string[]): string[] {
  const folder = paths[0]?.slice(0, paths[0].indexOf("/") + 1) ?? "";
  const shared = folder !== "" && paths.every((path) => path.startsWith(folder));
  return shared ? paths.map((path) => path.slice(folder.length)) : paths;
}

/** The text of a file: UTF-8, or UTF-16 that says so. */
function decoded(bytes: Uint8Array): string | undefined {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
