// What callers hand in, checked and packed for the border.

import { CanpullError } from "./errors.js";

/** A file of the project: its path relative to the project's root, with `/`, and what it holds. */
export type SourceFile = { path: string; text: string } | { path: string; bytes: Uint8Array | ArrayBuffer };

/** Files as they go over the border: all contents in one piece. */
export interface Packed {
  paths: string[];
  contents: Uint8Array;
  lengths: Uint32Array;
}

/** More would not fit into the module's memory beside what is made of it. */
const MOST_BYTES = 1 << 30;

const encoder = new TextEncoder();

export function pack(files: Iterable<SourceFile>): Packed {
  if (typeof files !== "object" || files === null || !(Symbol.iterator in files)) {
    throw invalid("files: they are a list of `{ path, text }` or `{ path, bytes }`");
  }
  const paths: string[] = [];
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (const file of files) {
    const place = `files[${paths.length}]`;
    const piece = content(file, place);
    total += piece.length;
    if (total > MOST_BYTES) throw invalid(`${place}: the files hold more than 1 GiB`);
    paths.push(file.path);
    pieces.push(piece);
  }
  const contents = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    contents.set(piece, at);
    at += piece.length;
  }
  return { paths, contents, lengths: Uint32Array.from(pieces, (piece) => piece.length) };
}

function content(file: SourceFile, place: string): Uint8Array {
  if (typeof file !== "object" || file === null) throw invalid(`${place}: it is \`{ path, text }\` or \`{ path, bytes }\``);
  const { path, text, bytes } = file as { path: unknown; text?: unknown; bytes?: unknown };
  if (typeof path !== "string") throw invalid(`${place}.path: it is a string`);
  if (brokenAt(path) >= 0) throw invalid(`${place}.path: it holds half a character`);
  if ((text === undefined) === (bytes === undefined)) throw invalid(`${place}: it has either \`text\` or \`bytes\``);
  if (typeof text === "string") return encode(text);
  if (text !== undefined) throw invalid(`${place}.text: it is a string`);
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw invalid(`${place}.bytes: it is a Uint8Array or an ArrayBuffer`);
}

export function checkConfig(config: unknown): string | undefined {
  if (config === undefined || config === null) return undefined;
  if (typeof config !== "string") throw new CanpullError("invalid-config", "config: it is the text of canpull.yaml");
  if (brokenAt(config) >= 0) throw new CanpullError("invalid-config", "config: it holds half a character");
  return config;
}

export function optionsText(options: unknown): string {
  if (options === undefined) return "{}";
  try {
    return JSON.stringify(options) ?? "null";
  } catch (cause) {
    throw new CanpullError("invalid-options", "options: they cannot be written as JSON", [], { cause });
  }
}

export function word(value: unknown, name: string): string {
  if (typeof value !== "string") throw invalid(`${name}: it is a string`);
  return value;
}

/** UTF-8. Halves of characters stay what they are, so that they are found to be no text, where they stand. */
function encode(text: string): Uint8Array {
  if (brokenAt(text) < 0) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0xd800 || code > 0xdfff) bytes.push(...encoder.encode(character));
    else bytes.push(0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  }
  return Uint8Array.from(bytes);
}

/** Where half of a surrogate pair stands alone; -1 where none does. */
function brokenAt(text: string): number {
  return text.search(/\p{Surrogate}/u);
}

function invalid(message: string): CanpullError {
  return new CanpullError("invalid-input", message);
}
