// Completion in canpull.yaml, from its JSON schema: keys where keys stand, values where they are listed, rules by name.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";

/** As much of JSON schema as canpull's own uses. */
interface Schema {
  $ref?: string;
  description?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  const?: string;
  enum?: string[];
  $defs?: Record<string, Schema>;
}

/** What completes a configuration. */
export function configCompletion(root: object, rules: readonly string[]) {
  const schema = new Schemas(root as Schema, rules);
  return (context: CompletionContext): CompletionResult | null => {
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const word = /[\w-]*$/.exec(before)?.[0] ?? "";
    if (word === "" && !context.explicit) return null;
    const above = context.state.doc.sliceString(0, line.from).split("\n");
    const options = schema.options(place(above, before.slice(0, before.length - word.length)));
    return options.length === 0 ? null : { from: context.pos - word.length, options, validFor: /^[\w-]*$/ };
  };
}

/** Where in the document something is written. */
interface Place {
  /** Keys from the root; `*` is an item of a list. */
  path: string[];
  wants: "key" | "value";
}

/** The place behind `before`, which stands on the line after `above`. */
function place(above: string[], before: string): Place {
  const flow = /^(\s*(?:- )*)(?:([\w-]+):\s*)?[[{](.*)$/.exec(before);
  const own = /^(\s*(?:- )*)([\w-]+):\s+$/.exec(before);
  const lead = (flow ?? own ?? /^(\s*(?:- )*)/.exec(before))?.[1] ?? "";
  const path = ancestors(above, lead);
  if (own?.[2] !== undefined) return { path: [...path, own[2]], wants: "value" };
  if (flow === null) return { path, wants: lead.includes("-") ? "value" : "key" };
  if (flow[2] !== undefined) path.push(flow[2]);
  const inMap = before.lastIndexOf("{") > before.lastIndexOf("[");
  if (before.includes("[") && (inMap || !before.includes("{"))) path.push("*");
  const key = inMap ? /([\w-]+):\s*$/.exec(flow[3] ?? "")?.[1] : undefined;
  if (key !== undefined) return { path: [...path, key], wants: "value" };
  return { path, wants: inMap ? "key" : "value" };
}

/** The keys above that what begins with `lead` stands under. */
function ancestors(above: string[], lead: string): string[] {
  const path: string[] = [];
  let indent = lead.length;
  for (const _ of lead.matchAll(/- /g)) path.unshift("*");
  indent = lead.includes("-") ? lead.indexOf("-") + 0.5 : indent;
  for (const line of above.toReversed()) {
    const match = /^(\s*)((?:- )*)(?:([\w-]+):)?/.exec(line);
    if (match === null || line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const [, spaces = "", dashes = "", key] = match;
    const at = spaces.length + dashes.length;
    if (at < indent && key !== undefined) {
      path.unshift(key);
      indent = at;
    }
    if (dashes !== "" && spaces.length < indent) {
      path.unshift("*");
      indent = spaces.length + 0.5;
    }
    if (indent === 0) break;
  }
  return path;
}

class Schemas {
  readonly #root: Schema;
  readonly #rules: readonly string[];

  constructor(root: Schema, rules: readonly string[]) {
    this.#root = root;
    this.#rules = rules;
  }

  options({ path, wants }: Place): Completion[] {
    const schema = path.reduce<Schema | undefined>((schema, key) => this.#below(schema, key), this.#root);
    if (schema === undefined) return [];
    if (wants === "value") {
      if (path.at(-1) === "rule") return this.#rules.map((label) => ({ label, type: "constant" }));
      const values = this.#values(schema);
      if (values.length > 0) return values;
    }
    return this.#keys(schema, path);
  }

  #resolve(schema: Schema): Schema {
    const name = schema.$ref?.replace("#/$defs/", "");
    return name === undefined ? schema : (this.#root.$defs?.[name] ?? {});
  }

  /** A schema may be one of several. */
  #forms(schema: Schema): Schema[] {
    const resolved = this.#resolve(schema);
    const several = resolved.oneOf ?? resolved.anyOf;
    return several === undefined ? [resolved] : several.map((one) => this.#resolve(one));
  }

  #below(schema: Schema | undefined, key: string): Schema | undefined {
    if (schema === undefined) return undefined;
    for (const form of this.#forms(schema)) {
      if (key === "*" && form.items !== undefined) return form.items;
      const own = form.properties?.[key];
      if (own !== undefined) return own;
      if (typeof form.additionalProperties === "object") return form.additionalProperties;
    }
    return undefined;
  }

  #keys(schema: Schema, path: string[]): Completion[] {
    const forms = this.#forms(schema);
    if (path.at(-1) === "rules" && forms.some((form) => typeof form.additionalProperties === "object")) {
      return this.#rules.map((label) => ({ label, type: "property", apply: `${label}: ` }));
    }
    return forms.flatMap((form) =>
      Object.entries(form.properties ?? {}).map(([label, own]) => ({
        label,
        type: "property",
        apply: `${label}: `,
        info: own.description ?? this.#resolve(own).description ?? "",
      })),
    );
  }

  #values(schema: Schema): Completion[] {
    return this.#forms(schema).flatMap((form) => {
      if (form.const !== undefined) return [{ label: form.const, type: "constant", info: form.description ?? "" }];
      if (form.enum !== undefined) return form.enum.map((label) => ({ label, type: "constant" }));
      if (form.type === "boolean") return ["true", "false"].map((label) => ({ label, type: "constant" }));
      return [];
    });
  }
}
