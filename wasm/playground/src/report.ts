// How a report is put into words and marks.

import type { Diagnostic, Location, Pull, Report, Route } from "canpull";

export type Truth = Pull["verdict"];
export type Severity = Diagnostic["severity"];

export const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

export const MARK: Record<Truth, string> = { yes: "✓", no: "✗", unknown: "?" };
export const SEVERITY_MARK: Record<Severity, string> = { error: "✗", warning: "!", info: "i" };

/** `Deployment/shop/web`. */
export function workloadName(pull: Pull): string {
  const { kind, namespace, name } = pull.workload;
  return [kind, namespace, name || "(no name)"].filter((part) => part !== null).join("/");
}

/** What makes a pull the same one after an edit. */
export function pullKey(pull: Pull): string {
  return [pull.world, workloadName(pull), pull.role, pull.container].join("\n");
}

/** The verdict of a pull, as a sentence's end. */
export function verdictWords(truth: Truth): string {
  return { yes: "can be pulled", no: "cannot be pulled", unknown: "may or may not be pulled" }[truth];
}

/** The way that a route goes. */
export function routeName(route: Route): string {
  const secret = route.secret ? ` \`${route.secret}\`` : "";
  switch (route.kind) {
    case "no-pull-needed":
      return "already on the node";
    case "anonymous":
      return "anonymously";
    case "pod-pull-secret":
      return `with the pod's pull secret${secret}`;
    case "service-account-pull-secret":
      return `with the service account's pull secret${secret}`;
    case "node-identity":
      return "with the node's identity";
    case "service-account-identity":
      return "with the service account's identity";
    case "declared":
      return "as declared in the configuration";
  }
}

/** `deploy/web.yaml:12`. */
export function placeName(place: Location): string {
  return `${place.path}:${place.start.line}`;
}

/** The findings on a pull: the worst first, and of those what concerns the fewest pulls. */
export function findingsOn(report: Report, pull: number): Diagnostic[] {
  const order = (a: Diagnostic, b: Diagnostic) =>
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.pulls.length - b.pulls.length;
  return report.diagnostics.filter((finding) => finding.pulls.includes(pull)).sort(order);
}

/** The pull to look at first: the first that fails, else the first that is open. */
export function worstPull(report: Report): Pull | undefined {
  const first = (truth: Truth) => report.pulls.find((pull) => pull.verdict === truth);
  return first("no") ?? first("unknown") ?? report.pulls[0];
}

/** `1 error`, `2 errors`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? singular : plural}`;
}
