import type { Connection, Row } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import type { Batch } from './batch.js';
import { keyShape } from './key-checksum.js';
import { KeySet } from './key-set.js';
import type { TablePlan } from './plan.js';
import { READS_ALL, READS_FEW } from './planning.js';
import { searchesById } from './probe.js';

/** Reading so many keys one behind the other costs the server about as much as looking up one of them. */
const READ_FOR_ONE = 8;
/** Relations with more keys are never read. */
const MOST_KEYS = 250_000;
/** Keys of all relations together that are remembered. */
const MOST_REMEMBERED = 2 * MOST_KEYS;
/** What was read longer ago may have been deleted. */
const FRESH_MS = 1_000;
/** Whole keys of either width, and whole groups of base64. */
const PIECE_BYTES = 36_000;

/** The keys of relations that are small next to what is looked up in them: each is read once, and remembered for a moment. */
export interface KnownKeys {
  /**
   * Whether the relation holds the keys of all rows, and no two keys with the same id. False tells nothing: it may not have
   * been worth reading.
   */
  holdsAll(connection: Connection, batch: Looked, relation: string, rows: Uint32Array): Promise<boolean>;
}

type Looked = Pick<Batch, 'encoded' | 'idHashes'>;

interface Known {
  /** Keys that were looked up since the relation was read last. */
  looked: number;
  /** The relation has more keys than this. */
  moreThan: number;
  readAtMs: number;
  /** Undefined when an id is there twice, or when there are too many. */
  keys: Promise<KeySet | undefined> | undefined;
  /** How many keys are remembered. */
  count: number;
}

/**
 * Opens the memory; undefined for tables whose keys are not an id, or an id and a time.
 * @param nowMs a clock that never goes back.
 */
export function createKnownKeys(plan: TablePlan, nowMs = () => performance.now()): KnownKeys | undefined {
  const sql = readingSql(plan);
  if (sql === undefined) return undefined;
  const width = plan.key.length === 1 ? 8 : 16;
  const relations = new Map<string, Known>();

  const read = async (connection: Connection, relation: string, known: Known, limit: number) => {
    await connection.run(READS_ALL);
    const pieces = await connection.rows(sql(relation, limit + 1));
    await connection.run(READS_FEW);
    const count = Number(pieces[0]?.bytes ?? 0) / width;
    if (count > limit) {
      known.moreThan = limit;
      known.keys = undefined;
      return undefined;
    }
    known.count = count;
    forgetOldest(relations, known);
    return KeySet.of(bytesOf(pieces), { count, width });
  };

  const keysOf = (connection: Connection, relation: string, known: Known) => {
    const isFresh = nowMs() - known.readAtMs < FRESH_MS;
    // Whoever reads them hears why they cannot be had.
    if (known.keys !== undefined && isFresh) return known.keys.catch(() => undefined);
    forget(known);
    const limit = Math.min(MOST_KEYS, known.looked * READ_FOR_ONE);
    if (known.moreThan >= MOST_KEYS || limit < Math.min(MOST_KEYS, 2 * known.moreThan)) return undefined;
    known.readAtMs = nowMs();
    known.looked = 0;
    known.keys = read(connection, relation, known, limit);
    return known.keys;
  };

  return {
    async holdsAll(connection, batch, relation, rows) {
      const known = relations.get(relation) ?? { looked: 0, moreThan: 0, readAtMs: 0, keys: undefined, count: 0 };
      relations.set(relation, known);
      known.looked += rows.length;
      const keys = await keysOf(connection, relation, known);
      return keys !== undefined && rows.length > 0 && holdsEach(keys, batch, rows);
    },
  };
}

function holdsEach(set: KeySet, { encoded, idHashes }: Looked, rows: Uint32Array): boolean {
  const { events, keys } = encoded;
  const times = keys[1];
  const view = times && new DataView(times.bytes.buffer, times.bytes.byteOffset, times.bytes.byteLength);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number; // within bounds by the loop condition
    const event = events[row] as number; // every row has its event
    // A time is the last eight bytes of what the key has of it.
    const end = times?.ends[row] ?? 0;
    const high = view?.getUint32(end - 8) ?? 0;
    const low = view?.getUint32(end - 4) ?? 0;
    if (!set.has(idHashes[2 * event + 1] as number, idHashes[2 * event] as number, high, low)) return false; // each has its hash
  }
  return true;
}

/** Forgets what was read first, until all that is remembered is little enough. */
function forgetOldest(relations: ReadonlyMap<string, Known>, latest: Known): void {
  let all = [...relations.values()].reduce((sum, { count }) => sum + count, 0);
  for (const known of [...relations.values()].sort((a, b) => a.readAtMs - b.readAtMs)) {
    if (all <= MOST_REMEMBERED) return;
    if (known === latest) continue;
    all -= known.count;
    forget(known);
  }
}

function forget(known: Known): void {
  known.keys = undefined;
  known.count = 0;
}

/** The bytes of pieces, each in the memory of the one before it. */
function* bytesOf(pieces: readonly Row[]): Generator<Uint8Array> {
  const buffer = Buffer.alloc(PIECE_BYTES);
  for (const { piece } of pieces) yield buffer.subarray(0, buffer.write(String(piece), 'base64'));
}

/**
 * Reads the keys of a relation: the hash of the id as `id-hash.ts` has it, and the time as a row holds it. They come in pieces so
 * small that their texts die young: one long text a partition makes V8 collect its whole heap for each of them.
 */
function readingSql(plan: TablePlan): ((relation: string, limit: number) => string) | undefined {
  const [id, time, ...others] = plan.key;
  if (id === undefined || others.length > 0 || keyShape(plan) === undefined || !searchesById(plan)) return undefined;
  const wire = time?.column.wire;
  if (time !== undefined && wire !== 'timestamptz' && wire !== 'timestamp') return undefined;
  const columns = plan.key.map(({ column }) => quoteName(column.name));
  const hash = `int8send(hashtextextended(t.${columns[0]}::text, 0))`;
  const value = time === undefined ? hash : `${hash} || ${wire}_send(t.${columns[1]})`;
  return (relation, limit) =>
    `with whole as materialized (select string_agg(${value}, '') as keys from (select ${columns.join(', ')} from ${relation} limit ${limit}) t) ` +
    `select length(keys) as bytes, encode(substr(keys, 1 + at, ${PIECE_BYTES}), 'base64') as piece ` +
    `from whole, generate_series(0, length(keys) - 1, ${PIECE_BYTES}) at`;
}
