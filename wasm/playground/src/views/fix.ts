// What a fix would change, shown before it is done.

import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import type { Diagnostic, Fix, Mended } from "canpull";

import { now, sources } from "../analysis/analysis.js";
import { Refusal, type Client } from "../analysis/client.js";
import { byId, h, prose } from "../dom.js";
import { languageOf } from "../editor/languages.js";
import { theme } from "../editor/theme.js";
import type { Files, Project } from "../project.js";
import { count } from "../report.js";
import { copy } from "./copy.js";
import { notify } from "./notices.js";

export class FixPreview {
  readonly #client: Client;
  readonly #project: Project;

  constructor(client: Client, project: Project) {
    this.#client = client;
    this.#project = project;
  }

  /** A single fix of a finding, which is the report's finding of this index. */
  async one(finding: Diagnostic, index: number, fix: Fix): Promise<void> {
    if (fix.command !== undefined) return this.#command(finding, fix.title, fix.command);
    const choice = { diagnostic: index, fix: finding.fixes.indexOf(fix) };
    await this.#edits(fix.title, { fixes: [choice] }, fix.applicability === "unsafe");
  }

  /** All fixes that keep what the author meant. */
  async allSafe(): Promise<void> {
    await this.#edits("Apply all safe fixes", {}, false);
  }

  async #edits(title: string, chosen: { fixes?: { diagnostic: number; fix: number }[] }, unsafe: boolean): Promise<void> {
    const before = this.#project.files.value;
    try {
      const mended = await this.#client.call("applyFixes", sources(before), undefined, { ...chosen, now: now() });
      if (before !== this.#project.files.value) return;
      this.#show(title, before, mended, unsafe);
    } catch (thrown) {
      notify(`The fix cannot be applied: ${thrown instanceof Refusal ? thrown.message : String(thrown)}`, "failed");
    }
  }

  #show(title: string, before: Files, mended: Mended, unsafe: boolean): void {
    const changed = mended.files.map(({ path, text }) => [path, text] as [string, string]);
    const apply = () => {
      this.#project.write(changed);
      dialog.close();
      notify(changed.length === 1 ? `Changed ${changed[0]?.[0]}.` : `Changed ${count(changed.length, "file")}.`, "said", {
        name: "Undo",
        act: () => this.#project.write(changed.map(([path]) => [path, before.get(path) ?? ""])),
      });
    };
    const { yes, no, unknown } = mended.report.summary.pulls;
    const dialog = openDialog(
      title,
      ...changed.map(([path, text]) => difference(path, before.get(path) ?? "", text)),
      unsafe ? h("p", { class: "caution" }, "This changes what is granted or used. Read it before you apply it.") : null,
      h("p", { class: "after" }, `After this: ${yes} of ${count(yes + no + unknown, "image")} can be pulled.`),
      h("div", { class: "choices" },
        h("button", { type: "button", class: "button primary", autofocus: true, onclick: apply }, "Apply"),
        h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel")),
    );
  }

  #command(finding: Diagnostic, title: string, command: string): void {
    const dialog = openDialog(
      title,
      h("p", {}, prose(finding.message)),
      h("pre", { class: "command", tabindex: "0" }, command),
      h("p", { class: "after" }, "canpull runs nothing: this is for you to read and to run."),
      h("div", { class: "choices" },
        h("button", { type: "button", class: "button primary", autofocus: true, onclick: () => void copy(command, "the command") }, "Copy"),
        h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Close")),
    );
  }
}

function openDialog(title: string, ...content: (Node | null)[]): HTMLDialogElement {
  const dialog = byId("fix-dialog") as HTMLDialogElement;
  dialog.replaceChildren(h("h2", { id: "fix-title" }, prose(title)), ...content.filter((node) => node !== null));
  dialog.showModal();
  return dialog;
}

function difference(path: string, before: string, after: string): HTMLElement {
  const place = h("figure", { class: "difference" }, h("figcaption", {}, path));
  const view = new EditorView({
    parent: place,
    state: EditorState.create({
      doc: after,
      extensions: [
        lineNumbers(),
        languageOf(path),
        theme,
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
        EditorView.contentAttributes.of({ "aria-label": `${path} after the fix`, tabindex: "0" }),
        unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 4 } }),
      ],
    }),
  });
  byId("fix-dialog").addEventListener("close", () => view.destroy(), { once: true });
  return place;
}
