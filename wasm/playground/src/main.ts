// The page: puts its parts together.

import type { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import type { Diagnostic, Fix, Location } from "canpull";

import { Analysis } from "./analysis/analysis.js";
import { Client } from "./analysis/client.js";
import { byId } from "./dom.js";
import { configCompletion } from "./editor/completion.js";
import { Editor } from "./editor/editor.js";
import type { Example } from "./example.js";
import { watchDrops } from "./input/drop.js";
import { keepForOffline } from "./offline.js";
import { OPENING, OPENING_FILE } from "./opening.js";
import { CONFIG_ERROR, Problems } from "./problems.js";
import { CONFIG, Project } from "./project.js";
import { workloadName } from "./report.js";
import { Selection } from "./selection.js";
import { watchAppearance } from "./views/appearance.js";
import { Gallery } from "./views/examples.js";
import { offerExports } from "./views/export.js";
import { showFiles } from "./views/files.js";
import { FixPreview } from "./views/fix.js";
import { GraphView } from "./views/graph.js";
import { notify } from "./views/notices.js";
import { showProblems } from "./views/problems.js";
import { showProof } from "./views/proof.js";
import { RuleView } from "./views/rule.js";
import { openShared, watchSharing } from "./views/share.js";
import { showStatus } from "./views/status.js";
import { showPane, tabs, watchPanes } from "./views/tabs.js";

const client = new Client();
const project = new Project();
if (!openShared(project)) project.replace(OPENING, OPENING_FILE);

const analysis = new Analysis(project, client);
const problems = new Problems(analysis, project);
const selection = new Selection(analysis);
const fixes = new FixPreview(client, project);
const gallery = new Gallery(openExample);
const rules = new RuleView(client, (rule) => void gallery.open(rule));
const graph = new GraphView(client, analysis, chooseWorkload);
const showView = tabs("views", (view) => graph.show(view === "graph"));

const actions = {
  goTo(place: Location) {
    showPane("code");
    editor.goTo(place);
  },
  showRule(id: string) {
    if (id === CONFIG_ERROR) return;
    showPane("proof");
    showView("rule");
    void rules.show(id);
  },
  preview(finding: Diagnostic, fix: Fix) {
    const index = analysis.latest.value?.report.diagnostics.indexOf(finding) ?? -1;
    if (index >= 0) void fixes.one(finding, index, fix);
  },
  previewAll() {
    void fixes.allSafe();
  },
};

const editor = new Editor(byId("code"), project, actions, extensionsFor);
problems.shown.read((shown) => editor.mark(shown));

showFiles(project, problems, () => editor.focus());
showProblems(problems, analysis, actions);
showProof(selection, actions);
showStatus(analysis, client);
offerExports(project, client, problems, selection);
watchAppearance();
watchDrops(project, client, () => selection.forget());
watchPanes();
watchSharing(project, client);
keepForOffline();

window.addEventListener("keydown", (event) => {
  if (event.key !== "F8") return;
  event.preventDefault();
  const next = problems.next(editor.cursor(), event.shiftKey, [...project.files.value.keys()]);
  if (next !== undefined) actions.goTo(next.location);
});

function openExample({ rule, files }: Example): void {
  const before = project.files.value;
  const open = project.open.value;
  selection.forget();
  project.replace(new Map(files));
  actions.showRule(rule);
  notify("Opened the example.", "said", { name: "Undo", act: () => project.replace(before, open) });
}

function chooseWorkload(name: string): void {
  const index = selection.selected.value?.report.pulls.findIndex((pull) => workloadName(pull) === name) ?? -1;
  if (index < 0) return;
  selection.choose(index);
  showView("proof");
}

/** What only one file has: the configuration is completed from its schema. */
function extensionsFor(path: string) {
  if (path !== CONFIG) return [];
  const source = Promise.all([client.call("configSchema"), client.call("rules")]).then(
    ([schema, rules]) => configCompletion(schema, rules.map(({ id }) => id)),
    () => () => null,
  );
  const autocomplete = async (context: CompletionContext) => (await source)(context);
  return EditorState.languageData.of(() => [{ autocomplete }]);
}
