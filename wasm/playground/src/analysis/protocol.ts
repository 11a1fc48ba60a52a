// What the page and its worker tell each other.

import type { AnalysisOptions, ByteRange, Canpull, ErrorCode, ErrorPlace, SourceFile } from "canpull";

/** What the worker does: canpull's functions, and what is better done there than here. */
export interface Work extends Canpull {
  /** The report as JSON, which crosses sooner as text, and how long it took. */
  report(files: SourceFile[], options: AnalysisOptions): { text: string; milliseconds: number };
  /** Where each of the files may hold credentials. */
  allCredentials(files: SourceFile[]): ByteRange[][];
  /** Which of the paths may be sources. */
  sources(paths: string[]): string[];
}

export interface Call<Name extends keyof Work = keyof Work> {
  id: number;
  name: Name;
  given: Parameters<Work[Name]>;
}

export type Answer = { id: number; result: unknown } | { id: number; error: Failure };

export interface Failure {
  code: ErrorCode;
  message: string;
  places: readonly ErrorPlace[];
}
