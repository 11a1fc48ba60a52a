// The editor's looks, in the page's own colours.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const looks = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--paper)", color: "var(--ink)", fontSize: "var(--code-size)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--accent)", padding: "var(--s3) 0" },
  ".cm-line": { padding: "0 var(--s4) 0 var(--s2)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-gutters": { backgroundColor: "var(--paper)", color: "var(--muted)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.6em", padding: "0 var(--s2) 0 0" },
  ".cm-activeLine": { backgroundColor: "var(--line-tint)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--line-tint)", color: "var(--muted)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "transparent",
    outline: "1px solid var(--rule-strong)",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--match)" },
  ".cm-searchMatch": { backgroundColor: "var(--match)", outline: "1px solid var(--rule-strong)" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    color: "var(--ink)",
    border: "1px solid var(--rule-strong)",
    borderRadius: "var(--radius)",
    boxShadow: "var(--shadow)",
    fontFamily: "var(--sans)",
    maxWidth: "min(34rem, 90vw)",
  },
  ".cm-tooltip-lint": { padding: "0" },
  ".cm-diagnostic": { border: "none", padding: "var(--s3) var(--s4)", fontSize: "var(--text-size)" },
  ".cm-diagnostic + .cm-diagnostic": { borderTop: "1px solid var(--rule)" },
  ".cm-diagnosticAction": {
    font: "inherit",
    fontWeight: "600",
    margin: "var(--s2) 0 0",
    padding: "2px var(--s3)",
    color: "var(--on-accent)",
    backgroundColor: "var(--accent)",
    borderRadius: "var(--radius)",
  },
  ".cm-lintRange": { backgroundImage: "none", textUnderlineOffset: "3px", textDecorationThickness: "1.5px" },
  ".cm-lintRange-error": { textDecoration: "underline wavy var(--no)" },
  ".cm-lintRange-warning": { textDecoration: "underline wavy var(--warning)" },
  ".cm-lintRange-info": { textDecoration: "underline dotted var(--info)" },
  ".cm-lintRange-active": { backgroundColor: "var(--match)" },
  ".cm-lintPoint:after": { borderBottomColor: "var(--no)" },
  ".cm-gutter-lint": { width: "1.1em" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0 0 0 3px" },
  ".cm-lint-marker": { content: "none", width: "1em", height: "auto", fontSize: "0.85em", fontWeight: "700", cursor: "default" },
  ".cm-lint-marker-error": { color: "var(--no)" },
  ".cm-lint-marker-warning": { color: "var(--warning)" },
  ".cm-lint-marker-info": { color: "var(--info)" },
  ".cm-lint-marker-error:before": { content: "'✗'" },
  ".cm-lint-marker-warning:before": { content: "'!'" },
  ".cm-lint-marker-info:before": { content: "'i'" },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "var(--code-size)" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "2px var(--s3)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionInfo": { padding: "var(--s2) var(--s3)", fontSize: "var(--text-size)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)", borderColor: "var(--rule)" },
  ".cm-textfield": { backgroundColor: "var(--paper)", border: "1px solid var(--rule-strong)", color: "var(--ink)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--raised)", border: "1px solid var(--rule-strong)" },
  ".cm-flash": { animation: "flash 900ms ease-out" },
  ".cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--yes-tint) !important" },
  ".cm-changedText, .cm-insertedLine .cm-changedText": { background: "var(--yes-mark) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--no-tint) !important" },
  ".cm-deletedChunk .cm-deletedText": { background: "var(--no-mark) !important" },
  ".cm-changeGutter": { width: "3px", paddingLeft: "0" },
  ".cm-changedLineGutter": { backgroundColor: "var(--yes) !important" },
  ".cm-deletedLineGutter": { backgroundColor: "var(--no) !important" },
  ".cm-collapsedLines": {
    background: "var(--raised) !important",
    color: "var(--muted)",
    padding: "1px var(--s4)",
    fontFamily: "var(--sans)",
  },
  // Not every font has the arrows that stand there.
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: "none" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName), tags.attributeName], color: "var(--code-key)" },
  { tag: [tags.string, tags.special(tags.string), tags.content], color: "var(--code-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-value)" },
  { tag: [tags.keyword, tags.definitionKeyword, tags.controlKeyword, tags.typeName], color: "var(--code-word)" },
  { tag: [tags.variableName, tags.standard(tags.name), tags.labelName], color: "var(--code-name)" },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.operator, tags.meta], color: "var(--muted)" },
]);

export const theme: Extension = [looks, syntaxHighlighting(colours)];
