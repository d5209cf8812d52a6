import type { RowShape } from '../../event/rows/row-shape.js';
import type { ObjectScan } from '../../event/scan.js';
import type { Catalog } from '../catalog.js';
import { Acceptor } from './acceptor.js';
import { buildNodes } from './build.js';
import { type CellCheck, createCellCheck } from './cell-check.js';
import { AcceptNode } from './node.js';

/**
 * Accepts events from their bytes, without parsing them, where that is certain. What it does not accept is not wrong:
 * it has to be parsed and checked.
 */
export interface QuickCheck {
  /** Turns to the buffer in which the next events lie; it must be valid UTF-8. */
  begin(text: Uint8Array): void;
  /** Whether the text is certainly a JSON object that the schema for all events accepts; fills `scan` when it is. */
  acceptsEnvelope(start: number, end: number, scan: ObjectScan): boolean;
  /** Whether the schema for events of this name, if there are schemas by name, certainly accepts it as well. */
  acceptsNamed(name: string, start: number, end: number): boolean;
  /** The check of rows of a shape, events of all names; undefined where rows cannot be judged by their cells. */
  cells(shape: RowShape): CellCheck | undefined;
}

/** Makes the quick check of a catalog; without one, every object is acceptable. */
export function createQuickCheck(catalog: Catalog | undefined, unknownEvent: 'accept' | 'reject'): QuickCheck {
  const acceptor = new Acceptor();
  const envelope = catalog?.envelope === undefined ? new AcceptNode() : buildNodes(catalog, catalog.envelope);
  const byName = nodesByName(catalog);
  return {
    begin: (text) => acceptor.begin(text),
    acceptsEnvelope: (start, end, scan) => acceptor.accepts(envelope, start, end, scan),
    acceptsNamed(name, start, end) {
      if (byName.size === 0) return true;
      const node = byName.get(name);
      return node === undefined ? unknownEvent === 'accept' : acceptor.accepts(node, start, end);
    },
    // Schemas by name speak of events that hold more than cells can.
    cells: (shape) => (byName.size === 0 ? createCellCheck(envelope, shape) : undefined),
  };
}

/** Which of several versions applies is for the real check to find out. */
function nodesByName(catalog: Catalog | undefined): ReadonlyMap<string, AcceptNode> {
  const nodes = new Map<string, AcceptNode>();
  for (const { name, uri } of catalog?.events ?? []) {
    const node = catalog === undefined || nodes.has(name) ? new AcceptNode() : buildNodes(catalog, uri);
    node.isUncertain ||= nodes.has(name);
    nodes.set(name, node);
  }
  return nodes;
}
