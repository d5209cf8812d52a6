import { isMap, isScalar, type Node } from 'yaml';
import { didYouMean } from '../../did-you-mean.js';
import { CAST_TARGETS, type CastTarget, type Operation } from './rule.js';
import type { NodeReader } from './rule-nodes.js';

const KINDS = ['set', 'copy', 'default', 'rename', 'remove', 'cast', 'parseJson', 'splitArray', 'drop'] as const;

type Kind = (typeof KINDS)[number];

/** Reads the `do` of a rule: a list of maps, each of one operation. */
export function readOperations(reader: NodeReader, node: Node): Operation[] {
  return reader.items(node, 'do').flatMap((item) => {
    const members = reader.members(item, 'an operation', KINDS);
    if (members.size > 1) reader.refuse(item, 'one operation at a time: begin each with a dash');
    return [...members].flatMap(([kind, value]) => READERS[kind as Kind](reader, value)); // members are of KINDS
  });
}

type Read = (reader: NodeReader, node: Node) => Operation[];

const READERS: Readonly<Record<Kind, Read>> = {
  set: (reader, node) =>
    targets(reader, node, 'set', (at, value) => {
      const cel = celOf(reader, value);
      return cel === undefined ? { kind: 'set', at, value: reader.json(value) } : { kind: 'compute', at, cel };
    }),
  default: (reader, node) =>
    targets(reader, node, 'default', (at, value) => ({ kind: 'default', at, value: reader.json(value) })),
  copy: (reader, node) => pairs(reader, node, 'copy'),
  rename: (reader, node) => pairs(reader, node, 'rename'),
  remove: (reader, node) => fields(reader, node, 'remove').map((at) => ({ kind: 'remove', at })),
  parseJson: (reader, node) => fields(reader, node, 'parseJson').map((at) => ({ kind: 'parseJson', at })),
  cast: (reader, node) =>
    targets(reader, node, 'cast', (at, value) => {
      const to = isScalar(value) ? String(value.value) : '';
      if (isTarget(to)) return { kind: 'cast', at, to };
      return reader.refuse(
        value,
        `cast knows no ${JSON.stringify(to)}; ${didYouMean(to, CAST_TARGETS) ?? `it can make ${CAST_TARGETS.join(', ')}`}`,
      );
    }),
  splitArray: (reader, node) => splitArray(reader, node),
  drop: (reader, node) => {
    if (isScalar(node) && node.value === true) return [{ kind: 'drop' }];
    reader.refuse(node, 'drop is written as drop: true');
    return [];
  },
};

function isTarget(text: string): text is CastTarget {
  return (CAST_TARGETS as readonly string[]).includes(text);
}

/** `{ /a: 1, /b: 2 }` */
function targets(
  reader: NodeReader,
  node: Node,
  what: string,
  make: (at: readonly string[], value: Node) => Operation | undefined,
): Operation[] {
  return reader.pairs(node, what).flatMap(({ key, value }) => {
    const at = reader.pointer(key, what);
    const made = at && make(at, value as Node); // parsed, so a node
    return made === undefined ? [] : [made];
  });
}

/** `{ /from: /to }` */
function pairs(reader: NodeReader, node: Node, kind: 'copy' | 'rename'): Operation[] {
  return reader.pairs(node, kind).flatMap(({ key, value }): Operation[] => {
    const from = reader.pointer(key, kind);
    const to = reader.pointer(value, kind);
    return from === undefined || to === undefined ? [] : [{ kind, from, to }];
  });
}

/** `/a`, or `[/a, /b]` */
function fields(reader: NodeReader, node: Node, what: string): (readonly string[])[] {
  const nodes = isScalar(node) ? [node] : reader.items(node, what);
  return nodes.flatMap((each) => {
    const at = reader.pointer(each, what);
    return at === undefined ? [] : [at];
  });
}

/** `{ cel: "event.a" }` */
function celOf(reader: NodeReader, node: Node): string | undefined {
  if (!isMap(node) || node.items.length !== 1 || !node.has('cel')) return undefined;
  return reader.cel(node.get('cel', true), 'cel') ?? 'null';
}

/** `/items`, or `{ at: /items, into: /item }` */
function splitArray(reader: NodeReader, node: Node): Operation[] {
  if (isScalar(node)) {
    const at = reader.pointer(node, 'splitArray');
    return at === undefined ? [] : [{ kind: 'splitArray', at }];
  }
  const members = reader.members(node, 'splitArray', ['at', 'into']);
  const at = reader.pointer(members.get('at') ?? node, 'splitArray');
  const into = members.has('into') ? reader.pointer(members.get('into'), 'splitArray') : undefined;
  return at === undefined ? [] : [{ kind: 'splitArray', at, ...(into !== undefined && { into }) }];
}
