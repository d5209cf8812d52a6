import { isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument, type YAMLMap } from 'yaml';

/** One value of a configuration file with its place, `file:line:column`. */
export type ConfigNode =
  | { readonly kind: 'map'; readonly at: string; readonly entries: readonly ConfigEntry[] }
  | { readonly kind: 'list'; readonly at: string; readonly items: readonly ConfigNode[] }
  /** Text, number or boolean, as written. */
  | { readonly kind: 'scalar'; readonly at: string; readonly text: string }
  | { readonly kind: 'empty'; readonly at: string };

export interface ConfigEntry {
  readonly key: string;
  readonly at: string;
  readonly value: ConfigNode;
}

/** Something wrong in a configuration file. */
export interface ConfigProblem {
  readonly at: string;
  readonly message: string;
}

/** Reads YAML, and JSON as the YAML it is. Problems make the tree incomplete. */
export function parseConfigText(
  text: string,
  label: string,
): { readonly root: ConfigNode; readonly problems: readonly ConfigProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${label}:${line}:${col}`;
  };
  const problems = document.errors.map(({ message, pos }) => ({ at: place(pos[0]), message }));
  return { root: toNode(document.contents, place), problems };
}

type Place = (offset: number) => string;

function toNode(node: ParsedNode | Node | null, place: Place): ConfigNode {
  const at = place(node?.range?.[0] ?? 0);
  if (isMap(node)) return { kind: 'map', at, entries: entriesOf(node, place) };
  if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => toNode(item as Node, place)) }; // parsed, so nodes
  if (!isScalar(node) || node.value === null) return { kind: 'empty', at };
  return {
    kind: 'scalar',
    at,
    text: typeof node.value === 'string' ? node.value : (node.source ?? String(node.value)),
  };
}

function entriesOf(map: YAMLMap, place: Place): ConfigEntry[] {
  return map.items.map(({ key, value }) => {
    const keyNode = key as Node; // parsed, so a node
    return {
      key: isScalar(keyNode) ? String(keyNode.value) : '',
      at: place(keyNode.range?.[0] ?? 0),
      value: value === null ? { kind: 'empty', at: place(keyNode.range?.[0] ?? 0) } : toNode(value as Node, place), // parsed too
    };
  });
}
