import { type Document, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml';
import { didYouMean } from '../../did-you-mean.js';
import { type Pointer, parsePointer } from '../../event/pointer.js';

/** Reads the nodes of a file of rules and gathers everything that is wrong with them, each with its place. */
export class NodeReader {
  readonly problems: string[] = [];
  /** CEL expressions that have been read, for whoever compiles them. */
  readonly expressions: { readonly node: Node; readonly text: string }[] = [];

  constructor(
    private readonly label: string,
    private readonly lines: LineCounter,
    private readonly document: Document,
  ) {}

  /** `rules.yaml:12:5` */
  placeOf(node: unknown): string {
    const range = (node as Node | null)?.range;
    const { line, col } = this.lines.linePos(range?.[0] ?? 0);
    return `${this.label}:${line}:${col}`;
  }

  refuse(node: unknown, message: string): undefined {
    this.problems.push(`${this.placeOf(node)}: ${message}`);
  }

  /** The members of a map by name; names that are not known are refused. */
  members(node: unknown, what: string, known: readonly string[]): ReadonlyMap<string, Node> {
    const members = new Map<string, Node>();
    for (const { key, value } of this.pairs(node, what)) {
      const name = String(isScalar(key) ? key.value : key);
      if (known.includes(name)) members.set(name, (value ?? key) as Node);
      else
        this.refuse(
          key,
          `${what} has no ${JSON.stringify(name)}${suffix(didYouMean(name, known) ?? `it can have ${known.join(', ')}`)}`,
        );
    }
    return members;
  }

  pairs(node: unknown, what: string): readonly Pair[] {
    if (isMap(node)) return (node as YAMLMap).items as Pair[]; // parsed, so pairs
    this.refuse(node, `${what} must be a map`);
    return [];
  }

  items(node: unknown, what: string): readonly Node[] {
    if (isSeq(node)) return node.items as Node[]; // parsed, so nodes
    this.refuse(node, `${what} must be a list`);
    return [];
  }

  text(node: unknown, what: string): string | undefined {
    if (isScalar(node) && typeof node.value === 'string' && node.value !== '') return node.value;
    return this.refuse(node, `${what} must be a text`);
  }

  /** A CEL expression. */
  cel(node: unknown, what: string): string | undefined {
    const text = this.text(node, what);
    if (text !== undefined) this.expressions.push({ node: node as Node, text }); // a text, so a node
    return text;
  }

  /** A field: `/properties/id`, or a word for a top-level one. */
  pointer(node: unknown, what: string): Pointer | undefined {
    const text = isScalar(node) && node.value !== null ? String(node.value) : undefined;
    if (text === undefined) return this.refuse(node, `${what} must name a field, such as /properties/id`);
    try {
      return parsePointer(text);
    } catch (error) {
      return this.refuse(node, error instanceof Error ? error.message : String(error));
    }
  }

  /** A value as JSON; digits beyond 2^53 are kept. */
  json(node: unknown): string {
    const value: unknown = isMap(node) || isSeq(node) || isScalar(node) ? node.toJS(this.document) : null;
    return jsonOf(isScalar(node) && typeof node.value === 'number' ? { raw: node.source } : value, node);
  }
}

function jsonOf(value: unknown, node: unknown): string {
  if (typeof value === 'object' && value !== null && 'raw' in value && isScalar(node)) {
    const source = String(value.raw);
    return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/u.test(source) ? source : JSON.stringify(node.value);
  }
  return JSON.stringify(value) ?? 'null';
}

const suffix = (hint: string) => `; ${hint}`;
