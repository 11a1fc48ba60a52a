// "Copy as": the report in canpull's formats, the graph in its forms, the command that says the same in a terminal.

import { now, sources } from "../analysis/analysis.js";
import { Refusal, type Client } from "../analysis/client.js";
import { byId, h } from "../dom.js";
import type { Problems } from "../problems.js";
import type { Project } from "../project.js";
import { SEVERITIES } from "../report.js";
import type { Selection } from "../selection.js";
import { copy } from "./copy.js";
import { notify } from "./notices.js";

/** How formats are written by those who made them. */
const NAMES: Record<string, string> = {
  azure: "Azure Pipelines",
  concise: "Lines of text",
  dot: "DOT",
  github: "GitHub annotations",
  gitlab: "GitLab code quality",
  json: "JSON",
  junit: "JUnit XML",
  markdown: "Markdown",
  mermaid: "Mermaid",
  sarif: "SARIF",
  svg: "SVG",
};

export function offerExports(project: Project, client: Client, problems: Problems, selection: Selection): void {
  const menu = byId("copy-menu");
  const item = (name: string, text: () => Promise<string> | string) => {
    const act = async () => {
      menu.hidePopover();
      try {
        await copy(await text(), name);
      } catch (thrown) {
        notify(`Nothing was copied: ${thrown instanceof Refusal ? thrown.message : String(thrown)}`, "failed");
      }
    };
    return h("li", {}, h("button", { type: "button", onclick: () => void act() }, name));
  };
  const group = (title: string, items: HTMLElement[]) => h("li", {}, h("h3", {}, title), h("ul", {}, ...items));
  const files = () => sources(project.files.value);
  const explained = () => selection.selected.value?.pull.workload.name ?? "*";

  const fill = async () => {
    const [formats, graphs] = await Promise.all([client.call("formats"), client.call("graphFormats")]);
    const report = (format: string) =>
      item(NAMES[format] ?? format, () => client.call("render", format, files(), undefined, { now: now() }));
    const graph = (format: string) => item(`Graph as ${NAMES[format] ?? format}`, () => client.call("graph", files(), format));
    const proof = item("Proof as text", () => client.call("explain", explained(), files(), undefined, { now: now() }));
    menu.replaceChildren(
      group("The report", formats.map(report)),
      group("The proof", [proof, ...graphs.map(graph)]),
      group("In a terminal", [
        item("Command to check", () => checkCommand(problems)),
        item("Command to explain", () => `canpull explain ${quoted(explained())}`),
      ]),
    );
  };
  menu.addEventListener("beforetoggle", (event) => {
    if ((event as ToggleEvent).newState === "open") void fill().catch((thrown) => notify(String(thrown), "failed"));
  });
}

/** The command line that reports what the page shows. */
function checkCommand(problems: Problems): string {
  const least = SEVERITIES.findLast((severity) => problems.severities.value.has(severity));
  return least === undefined || least === "info" ? "canpull check" : `canpull check --min-severity ${least}`;
}

function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
