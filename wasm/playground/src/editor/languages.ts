// Which language a file is coloured in.

import { json } from "@codemirror/lang-json";
import { yaml } from "@codemirror/lang-yaml";
import { StreamLanguage, type StreamParser } from "@codemirror/language";
import { powerShell } from "@codemirror/legacy-modes/mode/powershell";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import type { Extension } from "@codemirror/state";

/** What colours a file of this name. */
export function languageOf(path: string): Extension {
  switch (path.slice(path.lastIndexOf(".") + 1).toLowerCase()) {
    case "yaml":
    case "yml":
      return yaml();
    case "json":
    case "tfstate":
    case "tfplan":
      return json();
    case "sh":
    case "bash":
    case "zsh":
    case "azcli":
    case "bats":
      return StreamLanguage.define(shell);
    case "ps1":
    case "psm1":
      return StreamLanguage.define(powerShell);
    case "tf":
    case "tfvars":
    case "hcl":
      return StreamLanguage.define(declarations(HCL));
    case "bicep":
    case "bicepparam":
      return StreamLanguage.define(declarations(BICEP));
    default:
      return [];
  }
}

interface Words {
  keywords: RegExp;
  atoms: RegExp;
  comment: RegExp;
  quote: string;
}

const HCL: Words = {
  keywords: /^(resource|data|variable|output|locals|module|provider|terraform|for|in|if|moved|import|dynamic)$/,
  atoms: /^(true|false|null)$/,
  comment: /^(#|\/\/)/,
  quote: '"',
};

const BICEP: Words = {
  keywords: /^(resource|module|param|var|output|existing|targetScope|for|in|if|import|using|type|func|metadata|scope)$/,
  atoms: /^(true|false|null)$/,
  comment: /^\/\//,
  quote: "'",
};

/** Colours for languages of blocks and properties: comments, strings, numbers, keywords, names of properties. */
function declarations({ keywords, atoms, comment, quote }: Words): StreamParser<{ inComment: boolean }> {
  return {
    startState: () => ({ inComment: false }),
    token(stream, state) {
      if (state.inComment) {
        state.inComment = !stream.match(/^.*?\*\//);
        if (state.inComment) stream.skipToEnd();
        return "comment";
      }
      if (stream.eatSpace()) return null;
      if (stream.match(comment)) {
        stream.skipToEnd();
        return "comment";
      }
      if (stream.match("/*")) {
        state.inComment = true;
        return "comment";
      }
      if (stream.eat(quote)) {
        while (!stream.eol() && !stream.eat(quote)) {
          if (stream.next() === "\\") stream.next();
        }
        return "string";
      }
      if (stream.match(/^\d+(\.\d+)?/)) return "number";
      if (stream.match(/^[A-Za-z_][\w-]*/)) {
        const word = stream.current();
        if (keywords.test(word)) return "keyword";
        if (atoms.test(word)) return "atom";
        return /^\s*[:=]/.test(stream.string.slice(stream.pos)) ? "propertyName" : "variableName";
      }
      stream.next();
      return null;
    },
    languageData: { commentTokens: { line: comment.source.includes("#") ? "#" : "//" } },
  };
}
