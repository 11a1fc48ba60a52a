// The editor: one view, and a state for each file, so that each keeps its history, its selection and its marks.

import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorSelection, EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { Utf16Index, type Diagnostic, type Location } from "canpull";

import type { Project } from "../project.js";
import { languageOf } from "./languages.js";
import { marks, type Actions } from "./squiggles.js";
import { theme } from "./theme.js";

export class Editor {
  readonly #project: Project;
  readonly #actions: Actions;
  readonly #extra: (path: string) => Extension;
  readonly #view: EditorView;
  readonly #states = new Map<string, EditorState>();
  /** The texts that the states hold. */
  readonly #texts = new Map<string, string>();
  #findings: readonly Diagnostic[] = [];
  #path = "";

  constructor(parent: HTMLElement, project: Project, actions: Actions, extra: (path: string) => Extension) {
    this.#project = project;
    this.#actions = actions;
    this.#extra = extra;
    this.#view = new EditorView({ parent, state: EditorState.create({ extensions: theme }) });
    project.open.read((path) => this.#show(path));
    project.files.read(() => this.#follow());
  }

  /** Marks these findings, in whatever file they are. */
  mark(findings: readonly Diagnostic[]): void {
    this.#findings = findings;
    this.#view.dispatch(this.#marked(this.#path, this.#view.state));
  }

  /** Opens a file at a place, and puts the focus there. */
  goTo(place: Location): void {
    const text = this.#project.text(place.path);
    if (text === undefined) return;
    this.#project.open.value = place.path;
    const index = new Utf16Index(this.#view.state.doc.toString());
    const length = this.#view.state.doc.length;
    const { from, to } = index.range(place);
    const [start, end] = [Math.min(from, length), Math.min(to, length)];
    this.#view.dispatch({
      selection: EditorSelection.single(start, end),
      effects: [EditorView.scrollIntoView(start, { y: "center" }), flash.of(start)],
    });
    this.#view.focus();
  }

  /** Where the cursor is, in bytes, as reports count. */
  cursor(): { path: string; offset: number } {
    const { doc, selection } = this.#view.state;
    return { path: this.#path, offset: new Utf16Index(doc.toString()).toBytes(selection.main.from) };
  }

  focus(): void {
    this.#view.focus();
  }

  #show(path: string): void {
    if (path === this.#path) return;
    if (this.#states.has(this.#path)) this.#states.set(this.#path, this.#view.state);
    this.#path = path;
    const state = this.#state(path);
    this.#view.setState(state);
    this.#view.dispatch(this.#marked(path, state));
  }

  #state(path: string): EditorState {
    const text = this.#project.text(path);
    if (text === undefined) return EditorState.create({ extensions: [theme, EditorState.readOnly.of(true)] });
    const known = this.#states.get(path);
    if (known !== undefined) return known;
    const state = EditorState.create({ doc: text, extensions: this.#extensions(path) });
    this.#keep(path, state, text);
    return state;
  }

  #keep(path: string, state: EditorState, text: string): void {
    this.#states.set(path, state);
    this.#texts.set(path, text);
  }

  /** Takes over what others did to the files: a fix, a file that was dropped, removed or renamed. */
  #follow(): void {
    for (const [path, state] of this.#states) {
      const text = this.#project.text(path);
      if (text === this.#texts.get(path)) continue;
      if (text === undefined) this.#states.delete(path);
      else if (path === this.#path) this.#view.dispatch(change(this.#view.state, text));
      else this.#keep(path, state.update(change(state, text)).state, text);
    }
    // What is shown may have gone and come again under its name.
    if (this.#project.open.value === this.#path && !this.#states.has(this.#path)) {
      this.#path = "";
      this.#show(this.#project.open.value);
    }
  }

  #marked(path: string, state: EditorState) {
    return setDiagnostics(state, marks(path, state.doc, this.#findings, this.#actions));
  }

  #extensions(path: string): Extension {
    return [
      lintGutter(),
      lineNumbers(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      history(),
      drawSelection(),
      bracketMatching(),
      highlightSelectionMatches(),
      search({ top: true }),
      indentUnit.of("  "),
      EditorState.tabSize.of(2),
      languageOf(path),
      flashes,
      theme,
      autocompletion({ icons: false }),
      this.#extra(path),
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...completionKeymap]),
      EditorView.contentAttributes.of({ "aria-label": `Text of ${path}`, tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        const text = update.state.doc.toString();
        this.#texts.set(path, text);
        if (this.#project.text(path) !== text) this.#project.write([[path, text]]);
      }),
    ];
  }
}

/** The change from a state's text to another: what differs between their equal beginnings and ends. */
function change(state: EditorState, text: string) {
  const old = state.doc.toString();
  let start = 0;
  while (start < old.length && start < text.length && old[start] === text[start]) start++;
  let end = 0;
  const most = Math.min(old.length, text.length) - start;
  while (end < most && old[old.length - 1 - end] === text[text.length - 1 - end]) end++;
  return { changes: { from: start, to: old.length - end, insert: text.slice(start, text.length - end) } };
}

const flash = StateEffect.define<number>();

const flashLine = Decoration.line({ class: "cm-flash" });

/** The line that was jumped to lights up. */
const flashes = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(lines, transaction) {
    const jump = transaction.effects.find((effect) => effect.is(flash));
    if (jump === undefined) return transaction.docChanged ? Decoration.none : lines;
    return Decoration.set([flashLine.range(transaction.state.doc.lineAt(jump.value as number).from)]);
  },
  provide: (field) => EditorView.decorations.from(field),
});
