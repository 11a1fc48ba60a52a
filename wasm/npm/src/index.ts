// What both entries offer beside the functions.

export type {
  AnalysisOptions,
  ByteRange,
  Canpull,
  Checked,
  FixOptions,
  InputOptions,
  Mended,
  ModuleSource,
} from "./api.js";
export { CanpullError, type ErrorCode } from "./errors.js";
export type { SourceFile } from "./input.js";
export type * from "./types.js";
export { Utf16Index, type TextRange } from "./utf16.js";
