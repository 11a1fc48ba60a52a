// What goes over the border. Made from the Rust types by `UPDATE=1 cargo test -p canpull-wasm`.

/** Whether a fix may be applied without asking. */
export type Applicability = "safe" | "unsafe" | "display-only";

export interface BaselineUse {
  hidden: number;
  stale: string[];
}

/** A file as fixes leave it. */
export interface ChangedFile {
  /** Its path. */
  path: string;
  /** Its text. */
  text: string;
}

/** What fixing changes. */
export interface Changes {
  /** The files that are changed, whole. */
  files: ChangedFile[];
  /** How many fixes are applied. */
  applied: number;
  /** Why others were left out. */
  skipped: string[];
}

/** What the caller may choose, each as the command line's flag of that name. */
export interface CheckOptions {
  /** The time to hold expiry dates against, as RFC 3339 writes it; without it, expiry is unknown. */
  now?: string;
  /** Use no configuration, even where one is among the files. */
  isolated?: boolean;
  /** Run only these rules. */
  select?: string[];
  /** Do not run these rules. */
  ignore?: string[];
  /** Report nothing below this severity. */
  minSeverity?: Severity;
  /** Analyse everything, and report what touches these paths. */
  only?: string[];
  /** From which severity on findings fail a run: `warning` where it is left out. */
  failOn?: FailOn;
  /** The form of the report: `json` where it is left out. */
  outputFormat?: string;
  /** Apply also fixes that change what is granted or used. */
  unsafeFixes?: boolean;
  /** Apply these fixes, safe or not, and no other. */
  fixes?: FixChoice[];
}

export interface Cluster {
  name: string | null;
  resourceGroup: string | null;
  identity: ClusterIdentityKind | null;
  kubeletObjectId: string | null;
  kubeletClientId: string | null;
  locations: Location[];
}

/** Whose credentials a cluster acts with. */
export type ClusterIdentityKind = "managed" | "service-principal";

/** Why canpull did not do its work, for programs. */
export type Code = "invalid-input" | "invalid-options" | "invalid-config" | "nothing-to-read" | "not-found";

/** What the sources hold completely, so that absence is No. */
export type CompleteKind = "secrets" | "service-accounts" | "attached" | "role-assignments";

/** How sure the evidence makes a finding. Computed, never typed by hand. */
export type Confidence = "low" | "medium" | "high";

export interface Coverage {
  world: string;
  kind: CompleteKind;
  complete: boolean;
  because: Location[];
}

export interface Diagnostic {
  rule: string;
  severity: Severity;
  confidence: Confidence;
  message: string;
  help: string;
  location: Location;
  label: string;
  object: string | null;
  related: Related[];
  fixes: Fix[];
  pulls: number[];
}

export interface Edit {
  path: string;
  start: Position;
  end: Position;
  text: string;
}

/** A place where the configuration is wrong. */
export interface ErrorPlace {
  /** The configuration's path. */
  path: string;
  /** From 1. */
  line: number;
  /** In UTF-16 units, from 1. */
  column: number;
  /** In bytes of the text as UTF-8. */
  offset: number;
  /** What is wrong there. */
  message: string;
}

/** From which severity on findings fail a run. */
export type FailOn = "error" | "warning" | "info" | "never";

export interface Fix {
  title: string;
  applicability: Applicability;
  edits?: Edit[];
  command?: string;
}

/** A fix that somebody chose. */
export interface FixChoice {
  /** Index of the finding in the report. */
  diagnostic: number;
  /** Index of the fix in the finding. */
  fix: number;
}

export interface Link {
  claim: string;
  truth: Truth;
  assumed: boolean;
  because: Location[];
}

export interface Location {
  path: string;
  start: Position;
  end: Position;
}

export interface Position {
  line: number;
  column: number;
  offset: number;
}

export interface Pull {
  world: string;
  workload: Workload;
  container: string;
  role: Role;
  image: string;
  registry: string | null;
  repository: string | null;
  verdict: Truth;
  location: Location;
  common: Link[];
  routes: Route[];
}

export interface PullCounts {
  yes: number;
  no: number;
  unknown: number;
}

export interface ReadError {
  path: string;
  message: string;
  line: number;
  column: number;
}

/** Why canpull did not do its work. */
export interface Refusal {
  /** A word for programs. */
  code: Code;
  /** A sentence for people. */
  message: string;
  /** Where the configuration is wrong. */
  places: ErrorPlace[];
}

export interface Registry {
  name: string | null;
  host: string | null;
  mode: RegistryMode | null;
  anonymousPull: boolean | null;
  adminUser: boolean | null;
  publicNetwork: boolean | null;
  locations: Location[];
}

/** How a registry decides who may pull. */
export type RegistryMode = "legacy" | "abac";

export interface Related {
  location: Location;
  message: string;
}

export interface Report {
  version: number;
  diagnostics: Diagnostic[];
  pulls: Pull[];
  registries: Registry[];
  clusters: Cluster[];
  coverage: Coverage[];
  errors: ReadError[];
  summary: Summary;
}

/** What a container is to its pod. */
export type Role = "container" | "init" | "ephemeral" | "volume";

export interface Route {
  kind: RouteKind;
  truth: Truth;
  secret?: string;
  links: Link[];
}

/** The ways to an image. */
export type RouteKind = "no-pull-needed" | "anonymous" | "pod-pull-secret" | "service-account-pull-secret" | "node-identity" | "service-account-identity" | "declared";

/** A rule. */
export interface Rule {
  /** Its id, which names the defect. */
  id: string;
  /** How bad its findings are, unless the evidence or the configuration says otherwise. */
  severity: Severity;
  /** The version that brought it. */
  since: string;
  /** Whether it offers edits. */
  fixable: boolean;
}

/** A rule with its page. */
export interface RulePage {
  /** Its id, which names the defect. */
  id: string;
  /** How bad its findings are, unless the evidence or the configuration says otherwise. */
  severity: Severity;
  /** The version that brought it. */
  since: string;
  /** Whether it offers edits. */
  fixable: boolean;
  /** In Markdown. */
  page: string;
}

/** How bad a finding is. */
export type Severity = "info" | "warning" | "error";

export interface SeverityCounts {
  error: number;
  warning: number;
  info: number;
}

export interface Summary {
  files: number;
  bytes: number;
  documents: number;
  pulls: PullCounts;
  diagnostics: SeverityCounts;
  baseline?: BaselineUse;
}

/** Kleene's three truth values. */
export type Truth = "no" | "unknown" | "yes";

export interface Workload {
  kind: string;
  namespace: string | null;
  name: string;
}
