/**
 * As much of Go's text/template as the chart uses, for machines without Helm. What it does not know is an
 * error, so that the chart stays within it: `if`, `else`, `range`, `define`, variables, pipelines, and the
 * functions that it is given.
 */

/** A function of the template language. */
export type TemplateFunction = (...parameters: readonly unknown[]) => unknown;

type Expression =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "path"; readonly variable: string; readonly fields: readonly string[] }
  | { readonly kind: "call"; readonly name: string; readonly parameters: readonly Expression[] };

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly expression: Expression }
  | { readonly kind: "assign"; readonly variable: string; readonly expression: Expression }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly whenTrue: Node[];
      readonly otherwise: Node[];
    }
  | {
      readonly kind: "range";
      readonly names: readonly string[];
      readonly over: Expression;
      readonly body: Node[];
    };

type Scope = Readonly<Record<string, unknown>>;

/** Templates that were parsed, and can be included by name. */
export class TemplateSet {
  readonly #named: Map<string, Node[]> = new Map();
  readonly #functions: Readonly<Record<string, TemplateFunction>>;

  constructor(functions: Readonly<Record<string, TemplateFunction>>) {
    this.#functions = functions;
  }

  /** Parses a file; its `define`s become templates of their own. */
  add(name: string, text: string): void {
    const parser = new Parser(tokensOf(text), this.#named);
    this.#named.set(name, parser.body([]).nodes);
  }

  /** What a template makes of some data. */
  render(name: string, data: unknown): string {
    const nodes = this.#named.get(name);
    if (nodes === undefined) throw new Error(`there is no template ${name}`);
    return this.#renderNodes(nodes, { ".": data, $: data });
  }

  #renderNodes(nodes: readonly Node[], outer: Scope): string {
    const scope = { ...outer };
    let text = "";
    for (const node of nodes) {
      if (node.kind === "assign") scope[node.variable] = this.#valueOf(node.expression, scope);
      else text += this.#renderNode(node, scope);
    }
    return text;
  }

  #renderNode(node: Exclude<Node, { readonly kind: "assign" }>, scope: Scope): string {
    switch (node.kind) {
      case "text":
        return node.text;
      case "print":
        return String(this.#valueOf(node.expression, scope));
      case "if":
        return this.#renderNodes(
          isTrue(this.#valueOf(node.condition, scope)) ? node.whenTrue : node.otherwise,
          scope,
        );
      case "range":
        return entriesOf(this.#valueOf(node.over, scope))
          .map(([key, value]) => {
            const [first, second] = node.names;
            const named = second === undefined ? {} : { [first ?? ""]: key, [second]: value };
            return this.#renderNodes(node.body, { ...scope, ...named, ".": value });
          })
          .join("");
    }
  }

  #valueOf(expression: Expression, scope: Scope): unknown {
    switch (expression.kind) {
      case "value":
        return expression.value;
      case "path":
        return expression.fields.reduce<unknown>(
          (value, field) => fieldOf(value, field, expression),
          fieldOf(scope, expression.variable, expression),
        );
      case "call": {
        const parameters = expression.parameters.map((parameter) => this.#valueOf(parameter, scope));
        if (expression.name === "include") return this.render(String(parameters[0]), parameters[1]);
        const call = this.#functions[expression.name];
        if (call === undefined) throw new Error(`there is no function ${expression.name}`);
        return call(...parameters);
      }
    }
  }
}

/** As Go sees it: what is empty is not true. */
export const isTrue = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);

function fieldOf(
  value: unknown,
  field: string,
  { fields }: Extract<Expression, { readonly kind: "path" }>,
): unknown {
  if (typeof value !== "object" || value === null || !(field in value)) {
    throw new Error(`${fields.join(".")}: there is no ${field}`);
  }
  return Object.entries(value).find(([key]) => key === field)?.[1];
}

/** Maps are walked in the order of their keys. */
function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== "object" || value === null) throw new Error("range wants a list or a map");
  const entries = Object.entries(value);
  return Array.isArray(value) ? entries : entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

type Token = { readonly text: string } | { readonly action: string };

/** Text and actions, with the white space gone that `{{-` and `-}}` take with them. */
function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let from = 0;
  for (const found of source.matchAll(/(\s*\{\{-|\{\{)\s*([\s\S]*?)\s*(-\}\}\s*|\}\})/g)) {
    tokens.push({ text: source.slice(from, found.index) });
    const action = found[2] ?? "";
    if (!action.startsWith("/*")) tokens.push({ action });
    from = found.index + found[0].length;
  }
  return [...tokens, { text: source.slice(from) }];
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #named: Map<string, Node[]>;
  #at = 0;

  constructor(tokens: readonly Token[], named: Map<string, Node[]>) {
    this.#tokens = tokens;
    this.#named = named;
  }

  /** Nodes up to an action that ends them, and that action. */
  body(ends: readonly string[]): { readonly nodes: Node[]; readonly end: string } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined) {
        if (ends.length > 0) throw new Error("an end is missing");
        return { nodes, end: "" };
      }
      this.#at += 1;
      if ("text" in token) nodes.push({ kind: "text", text: token.text });
      else if (ends.some((end) => token.action === end || token.action.startsWith(`${end} `))) {
        return { nodes, end: token.action };
      } else nodes.push(...this.#action(token.action));
    }
  }

  #action(action: string): Node[] {
    const [, word = "", rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(action) ?? [];
    switch (word) {
      case "if":
        return [this.#conditional(rest)];
      case "range": {
        const [, names, over = ""] = /^(?:(\$\w+(?:, *\$\w+)?) *:= *)?([\s\S]+)$/.exec(rest) ?? [];
        const { nodes: body } = this.body(["end"]);
        return [{ kind: "range", names: names?.split(/, */) ?? [], over: expressionOf(over), body }];
      }
      case "define":
        this.#named.set(rest.slice(1, -1), this.body(["end"]).nodes);
        return [];
      default: {
        const [, variable, value = ""] = /^(\$\w+) *:= *([\s\S]+)$/.exec(action) ?? [];
        if (variable !== undefined) return [{ kind: "assign", variable, expression: expressionOf(value) }];
        return [{ kind: "print", expression: expressionOf(action) }];
      }
    }
  }

  #conditional(condition: string): Node {
    const { nodes: whenTrue, end } = this.body(["end", "else"]);
    let otherwise: Node[] = [];
    if (end.startsWith("else if ")) otherwise = [this.#conditional(end.slice("else if ".length))];
    else if (end === "else") otherwise = this.body(["end"]).nodes;
    return { kind: "if", condition: expressionOf(condition), whenTrue, otherwise };
  }
}

function expressionOf(text: string): Expression {
  const words = text.match(/"(?:[^"\\]|\\.)*"|[()|]|[^\s()|]+/g) ?? [];
  const expression = pipelineOf(words);
  if (words.length > 0) throw new Error(`${text}: ${words.join(" ")} is left over`);
  return expression;
}

/** Takes a pipeline from the words; the value before a bar becomes the last parameter of what follows it. */
function pipelineOf(words: string[]): Expression {
  let value = commandOf(words);
  while (words[0] === "|") {
    words.shift();
    const next = commandOf(words);
    if (next.kind !== "call") throw new Error("what follows a bar is a function");
    value = { ...next, parameters: [...next.parameters, value] };
  }
  return value;
}

function commandOf(words: string[]): Expression {
  const first = operandOf(words);
  if (first.kind !== "call" || first.parameters.length > 0) return first;
  const parameters: Expression[] = [];
  while (words.length > 0 && words[0] !== "|" && words[0] !== ")") parameters.push(operandOf(words));
  return { ...first, parameters };
}

function operandOf(words: string[]): Expression {
  const word = words.shift() ?? "";
  if (word === "(") {
    const inner = pipelineOf(words);
    if (words.shift() !== ")") throw new Error("a bracket is not closed");
    return inner;
  }
  if (/^(?:"|\d+$|true$|false$)/.test(word)) return { kind: "value", value: JSON.parse(word) };
  const [variable = "", ...fields] = word.split(".");
  if (word.startsWith(".")) return { kind: "path", variable: ".", fields: fields.filter(Boolean) };
  if (word.startsWith("$")) return { kind: "path", variable, fields };
  if (!/^[a-zA-Z]\w*$/.test(word)) throw new Error(`${word} is not understood`);
  return { kind: "call", name: word, parameters: [] };
}
