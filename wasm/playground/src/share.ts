// Links that carry a project in their fragment, which browsers send to nobody.

import { deflateSync, inflateSync, strFromU8, strToU8 } from "fflate";

import type { Files } from "./project.js";

/** A project as a link carries it. */
export interface Shared {
  files: Files;
  open: string;
}

/** What the fragment begins with: the version of what follows. */
const PREFIX = "#share=1.";

/** Longer links are cut off by what they are sent through. */
const LONGEST = 32_000;

/** What a link may unpack to. */
const MOST_BYTES = 8_000_000;

/** The fragment for a project without credentials; undefined if it would be too long. */
export function fragment({ files, open }: Shared): string | undefined {
  const packed = deflateSync(strToU8(JSON.stringify({ open, files: [...files] })), { level: 9 });
  if (packed.length * 1.34 > LONGEST) return undefined;
  return PREFIX + toBase64Url(packed);
}

/** Whether an address carries a project. */
export function isShared(hash: string): boolean {
  return hash.startsWith("#share=");
}

/** The project that a fragment carries; an error that says why there is none. */
export function readFragment(hash: string): Shared {
  if (!hash.startsWith(PREFIX)) throw new Error("it was made by another version of this page");
  let content: unknown;
  try {
    const bytes = inflateSync(fromBase64Url(hash.slice(PREFIX.length)), { out: new Uint8Array(MOST_BYTES) });
    content = JSON.parse(strFromU8(bytes));
  } catch {
    throw new Error("a part of it is missing or changed");
  }
  if (!isContent(content)) throw new Error("it holds no files");
  return { files: new Map(content.files), open: content.open };
}

function isContent(content: unknown): content is { open: string; files: [string, string][] } {
  if (typeof content !== "object" || content === null) return false;
  const { open, files } = content as { open: unknown; files: unknown };
  const isFile = (file: unknown) => Array.isArray(file) && file.length === 2 && file.every((part) => typeof part === "string");
  return typeof open === "string" && Array.isArray(files) && files.length > 0 && files.every(isFile);
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}
