// The functions of the package, over the module's.

import * as module from "./bindings/canpull.js";
import { CanpullError } from "./errors.js";
import { checkConfig, optionsText, pack, word, type SourceFile } from "./input.js";
import type { Changes, CheckOptions, Refusal, Report, Rule, RulePage } from "./types.js";

/** Options of `explain` and `graph`. */
export type InputOptions = Pick<CheckOptions, "now" | "isolated">;
/** Options of `analyze` and `render`. */
export type AnalysisOptions = InputOptions & Pick<CheckOptions, "select" | "ignore" | "minSeverity" | "only" | "failOn">;
/** Options of `applyFixes`. */
export type FixOptions = AnalysisOptions & Pick<CheckOptions, "unsafeFixes" | "fixes">;

/** What a check of the command line comes to. */
export interface Checked {
  /** The report in the form that `outputFormat` names. */
  text: string;
  /** 1 where there are findings at or above `failOn`, else 0. */
  exitCode: 0 | 1;
}

/** What fixing comes to. */
export interface Mended extends Changes {
  /** The report of the files as they are then. */
  report: Report;
}

/** A range of a file, in bytes of its text as UTF-8. */
export interface ByteRange {
  start: number;
  end: number;
}

/** canpull, loaded. */
export interface Canpull {
  /** The report, an object of what `canpull --output-format json` prints. */
  analyze(files: Iterable<SourceFile>, config?: string, options?: AnalysisOptions): Report;
  /** The report as text, in one of `formats()`: the bytes that the command line prints. */
  render(format: string, files: Iterable<SourceFile>, config?: string, options?: AnalysisOptions): string;
  /** What the command line does: a report as text, and whether it fails. */
  check(files: Iterable<SourceFile>, config?: string, options?: CheckOptions): Checked;
  /** The proof of each pull whose workload, container or image matches the pattern, as text. */
  explain(pattern: string, files: Iterable<SourceFile>, config?: string, options?: InputOptions): string;
  /** The access graph, in one of `graphFormats()`. */
  graph(files: Iterable<SourceFile>, format: string, config?: string, options?: InputOptions): string;
  /** Applies fixes in memory: the safe ones, with `unsafeFixes` also others, with `fixes` those chosen. */
  applyFixes(files: Iterable<SourceFile>, config?: string, options?: FixOptions): Mended;
  /** All rules. */
  rules(): Rule[];
  /** A rule with its page, in Markdown. */
  rule(id: string): RulePage;
  /** The JSON schema of `canpull.yaml`. */
  configSchema(): Record<string, unknown>;
  /** The names that `render` and `outputFormat` take. */
  formats(): string[];
  /** The names that `graph` takes. */
  graphFormats(): string[];
  /** Whether a file of this path may be a source; others are passed over. */
  isSource(path: string): boolean;
  /** Where a file may hold a credential, in order: what is to be taken out before it is shown to others. */
  credentials(file: SourceFile): ByteRange[];
  /** canpull's version. */
  version(): string;
}

export const canpull: Canpull = {
  analyze: (files, config, options) =>
    JSON.parse(check(files, config, inFormat(options, "json")).text) as Report,
  render: (format, files, config, options) =>
    check(files, config, inFormat(options, word(format, "format"))).text,
  check,
  explain(pattern, files, config, options) {
    word(pattern, "pattern");
    return over(files, config, options, (...given) => module.explain(pattern, ...given));
  },
  graph(files, format, config, options) {
    word(format, "format");
    return over(files, config, options, (...given) => module.graph(format, ...given));
  },
  applyFixes(files, config, options) {
    const [changes, report] = over(files, config, options, module.applyFixes);
    return { ...(JSON.parse(changes ?? "") as Changes), report: JSON.parse(report ?? "") as Report };
  },
  rules: () => JSON.parse(guarded(module.rules)) as Rule[],
  rule: (id) => JSON.parse(guarded(() => module.rule(word(id, "id")))) as RulePage,
  configSchema: () => JSON.parse(guarded(module.configSchema)) as Record<string, unknown>,
  formats: () => guarded(module.formats),
  graphFormats: () => guarded(module.graphFormats),
  isSource: (path) => guarded(() => module.isSource(word(path, "path"))),
  credentials(file) {
    const { paths, contents } = pack([file]);
    const ends = guarded(() => module.credentials(paths[0] ?? "", contents));
    return Array.from({ length: ends.length / 2 }, (_, at) => ({ start: ends[2 * at] ?? 0, end: ends[2 * at + 1] ?? 0 }));
  },
  version: () => guarded(module.version),
};

function check(files: Iterable<SourceFile>, config?: string, options?: CheckOptions): Checked {
  const [text, exitCode] = over(files, config, options, module.check);
  return { text: text ?? "", exitCode: exitCode === "1" ? 1 : 0 };
}

/** The options with a format, where they are options at all; the module tells what else they are. */
function inFormat(options: AnalysisOptions | undefined, outputFormat: string): CheckOptions {
  return typeof (options ?? {}) === "object" && !Array.isArray(options) ? { ...options, outputFormat } : (options as CheckOptions);
}

type Given = [paths: string[], contents: Uint8Array, lengths: Uint32Array, config: string | undefined, options: string];

function over<T>(files: Iterable<SourceFile>, config: unknown, options: unknown, work: (...given: Given) => T): T {
  const { paths, contents, lengths } = pack(files);
  const given: Given = [paths, contents, lengths, checkConfig(config), optionsText(options)];
  return guarded(() => work(...given));
}

/** Runs the module. What it throws as text is a refusal; all else is a defect, after which it starts anew. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof CanpullError) throw thrown;
    if (typeof thrown === "string") {
      const { code, message, places } = JSON.parse(thrown) as Refusal;
      throw new CanpullError(code, message, places);
    }
    module.__wbg_reset_state();
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new CanpullError("internal", `a defect of canpull: ${reason}`, [], { cause: thrown });
  }
}

/** Where the module is to come from. */
export type ModuleSource =
  | string
  | URL
  | Request
  | Response
  | BufferSource
  | WebAssembly.Module
  | Promise<Response | BufferSource | WebAssembly.Module>;

let loading: Promise<Canpull> | undefined;

/** Loads the module once; what fails can be tried again. */
export function load(source: () => ModuleSource): Promise<Canpull> {
  loading ??= module.default({ module_or_path: source() }).then(
    () => canpull,
    (cause: unknown) => {
      loading = undefined;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CanpullError("not-loaded", `the module could not be loaded: ${reason}`, [], { cause });
    },
  );
  return loading;
}
