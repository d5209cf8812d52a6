import type { EventBatch } from '../../event/batch.js';
import { hashId } from '../../event/id-hash.js';
import type { Layer } from '../../event/layer.js';
import { LayerPacker } from '../../event/packed-layers.js';
import type { Cursor } from './cursor.js';

const INITIAL_EVENTS = 4_096;
const INITIAL_ID_BYTES = 256 * 1_024;

/** Collects the events of one batch in columns. */
export class ColumnsBuilder {
  private count = 0;
  private capacity = INITIAL_EVENTS;
  private spans = new Uint32Array(2 * INITIAL_EVENTS);
  private idEnds = new Uint32Array(INITIAL_EVENTS);
  private idHashes = new Uint32Array(2 * INITIAL_EVENTS);
  private names = new Uint32Array(INITIAL_EVENTS);
  private timesUs = new Float64Array(INITIAL_EVENTS);
  private timeRests: Uint8Array | undefined;
  private lines = new Float64Array(INITIAL_EVENTS);
  private offsets = new Float64Array(INITIAL_EVENTS);
  private attempts: Uint16Array | undefined;
  private readonly layers = new LayerPacker();
  private hasLayers = false;
  private idBytes = Buffer.alloc(INITIAL_ID_BYTES);
  private idLength = 0;
  private nameTable: string[] = [];
  private readonly nameIndex = new Map<string, number>();

  get length(): number {
    return this.count;
  }

  add(cursor: Cursor): void {
    if (this.count === this.capacity) this.grow();
    const at = this.count++;
    this.spans[2 * at] = cursor.start;
    this.spans[2 * at + 1] = cursor.end;
    if (cursor.idEnd > cursor.idStart) this.copyId(cursor);
    else this.writeId(cursor.id);
    this.idEnds[at] = this.idLength;
    hashId(this.idBytes, at === 0 ? 0 : (this.idEnds[at - 1] ?? 0), this.idLength, this.idHashes, 2 * at);
    this.names[at] = this.indexOfName(cursor.name);
    this.timesUs[at] = cursor.timeUs;
    if (cursor.timeRest > 0) this.addTimeRest(cursor.timeRest, at);
    this.lines[at] = cursor.line;
    this.offsets[at] = cursor.offset;
    if (cursor.attempts > 0) this.addAttempts(cursor.attempts, at);
    if (cursor.layers.length > 0) this.addLayers(cursor.layers, at);
  }

  /** Ends the batch. The columns are the caller's; the builder starts anew. */
  finish(text: Uint8Array, rows?: EventBatch['rows']): EventBatch {
    const { count, attempts, nameTable, timeRests } = this;
    const batch: EventBatch = {
      count,
      text,
      ...(rows === undefined ? {} : { rows }),
      spans: this.spans.slice(0, 2 * count),
      ids: { bytes: this.idBytes.slice(0, this.idLength), ends: this.idEnds.slice(0, count) },
      idHashes: this.idHashes.slice(0, 2 * count),
      nameTable,
      names: this.names.slice(0, count),
      timesUs: this.timesUs.slice(0, count),
      ...(timeRests === undefined ? {} : { timeRests: timeRests.slice(0, count) }),
      lines: this.lines.slice(0, count),
      offsets: this.offsets.slice(0, count),
      ...(attempts === undefined ? {} : { attempts: attempts.slice(0, count) }),
      ...(this.hasLayers && { layers: this.layers.finish(count) }),
    };
    this.count = 0;
    this.idLength = 0;
    this.timeRests = undefined;
    this.attempts = undefined;
    this.hasLayers = false;
    this.nameTable = [];
    this.nameIndex.clear();
    return { ...batch, ids: { bytes: new Uint8Array(batch.ids.bytes), ends: batch.ids.ends } };
  }

  private copyId({ text, idStart, idEnd }: Cursor): void {
    this.reserveId(idEnd - idStart);
    const { idBytes } = this;
    let to = this.idLength;
    for (let i = idStart; i < idEnd; i++) idBytes[to++] = text[i] as number; // bounds of the id in the text
    this.idLength = to;
  }

  private writeId(id: string): void {
    this.reserveId(id.length * 3);
    this.idLength += this.idBytes.write(id, this.idLength);
  }

  private reserveId(bytes: number): void {
    const needed = this.idLength + bytes;
    if (needed > this.idBytes.length) this.idBytes = Buffer.concat([this.idBytes], needed * 2);
  }

  private addTimeRest(rest: number, at: number): void {
    this.timeRests ??= new Uint8Array(this.capacity);
    this.timeRests[at] = rest;
  }

  private addAttempts(attempts: number, at: number): void {
    this.attempts ??= new Uint16Array(this.capacity);
    this.attempts[at] = attempts;
  }

  private addLayers(layers: readonly Layer[], at: number): void {
    this.hasLayers = true;
    this.layers.add(at, layers);
  }

  private indexOfName(name: string): number {
    const known = this.nameIndex.get(name);
    if (known !== undefined) return known;
    this.nameIndex.set(name, this.nameTable.length);
    return this.nameTable.push(name) - 1;
  }

  private grow(): void {
    this.capacity *= 2;
    this.spans = widen(new Uint32Array(2 * this.capacity), this.spans);
    this.idEnds = widen(new Uint32Array(this.capacity), this.idEnds);
    this.idHashes = widen(new Uint32Array(2 * this.capacity), this.idHashes);
    this.names = widen(new Uint32Array(this.capacity), this.names);
    this.timesUs = widen(new Float64Array(this.capacity), this.timesUs);
    if (this.timeRests !== undefined) this.timeRests = widen(new Uint8Array(this.capacity), this.timeRests);
    this.lines = widen(new Float64Array(this.capacity), this.lines);
    this.offsets = widen(new Float64Array(this.capacity), this.offsets);
    if (this.attempts !== undefined) this.attempts = widen(new Uint16Array(this.capacity), this.attempts);
  }
}

function widen<T extends Uint32Array | Float64Array | Uint16Array | Uint8Array>(wider: T, narrow: T): T {
  wider.set(narrow);
  return wider;
}
