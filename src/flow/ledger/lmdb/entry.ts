import { createHash } from 'node:crypto';

/** What the ledger knows of one event in one sink. */
export interface Entry {
  readonly state: number;
  readonly writer: number;
  readonly part: number;
  readonly offset: number;
}

const TEXT = 0;
const UUID = 1;
const DIGEST = 2;
/** Longer ids are kept by their SHA-256: keys have a largest size, and long ones make the tree deep. */
const MOST_ID_BYTES = 200;
const UUID_BYTES = 36;
const VALUE_BYTES = 17;
const TWO_32 = 2 ** 32;
const DASHES = [8, 13, 18, 23];

/**
 * The key of an id in the tree: the sink's number, a kind, and the id itself, a lower-case UUID in its 16 bytes, or a
 * digest. Different ids have different keys.
 */
export function keyOf(sink: number, id: Uint8Array): Buffer {
  if (id.length > MOST_ID_BYTES) return keyed(sink, DIGEST, createHash('sha256').update(id).digest());
  if (id.length === UUID_BYTES) {
    const key = keyed(sink, UUID, EMPTY, 16);
    if (packUuid(id, key, 3)) return key;
  }
  return keyed(sink, TEXT, id);
}

const EMPTY = new Uint8Array(0);

function keyed(sink: number, kind: number, content: Uint8Array, room = content.length): Buffer {
  const key = Buffer.allocUnsafe(3 + room);
  key.writeUInt16BE(sink, 0);
  key[2] = kind;
  key.set(content, 3);
  return key;
}

function packUuid(id: Uint8Array, out: Uint8Array, at: number): boolean {
  let to = at;
  let high = -1;
  for (let i = 0; i < UUID_BYTES; i++) {
    const byte = id[i] ?? 0;
    if (DASHES.includes(i)) {
      if (byte !== 0x2d) return false;
      continue;
    }
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
    if (digit < 0) return false;
    if (high < 0) high = digit;
    else {
      out[to++] = (high << 4) | digit;
      high = -1;
    }
  }
  return true;
}

/** An entry as bytes; the id goes with it where its key is a digest. */
export function encodeEntry({ state, writer, part, offset }: Entry, id: Uint8Array): Buffer {
  const rest = id.length > MOST_ID_BYTES ? id : EMPTY;
  const value = Buffer.allocUnsafe(VALUE_BYTES + rest.length);
  value[0] = state;
  value.writeUInt32LE(writer, 1);
  value.writeUInt32LE(part, 5);
  value.writeUInt32LE(offset % TWO_32, 9);
  value.writeUInt32LE(Math.floor(offset / TWO_32), 13);
  value.set(rest, VALUE_BYTES);
  return value;
}

/** Opens the bytes of an entry. */
export function decodeEntry(value: Buffer): Entry {
  return {
    state: value[0] ?? 0,
    writer: value.readUInt32LE(1),
    part: value.readUInt32LE(5),
    offset: value.readUInt32LE(9) + value.readUInt32LE(13) * TWO_32,
  };
}

/** The sink's number and the id of an entry. */
export function openKey(key: Buffer, value: Buffer): { readonly sink: number; readonly id: string } {
  const sink = key.readUInt16BE(0);
  if (key[2] === DIGEST) return { sink, id: value.toString('utf8', VALUE_BYTES) };
  if (key[2] === TEXT) return { sink, id: key.toString('utf8', 3) };
  const hex = key.toString('hex', 3);
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return { sink, id: groups.join('-') };
}
