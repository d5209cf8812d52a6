import type { EventBatch } from '../../event/batch.js';
import type { Fields } from '../../event/fields.js';
import type { Layer } from '../../event/layer.js';
import type { Catalog } from '../../schema/catalog.js';
import type { Encoded, EncoderReference, EncoderRefusal } from '../../sinks/sink.js';
import type { DecoderReference, RawBatch } from '../../sources/source.js';
import type { UnwrapperReference } from '../../sources/unwrapper.js';
import type { RepairSpec } from '../repair/rule.js';

/** Everything that turns raw records into events ready for the sinks: plain data, the same for every worker. */
export interface PrepareSpec {
  readonly decoder: DecoderReference;
  /** Which envelopes are opened; none when absent. */
  readonly unwrapper?: UnwrapperReference;
  readonly fields: Fields;
  /** IANA zone for times that name none. */
  readonly timezone: string;
  /** Pointer to the array that holds a record's events; undefined when a record is an event. */
  readonly split?: readonly string[];
  /** What identical events without an id are: one event, or as many as there are; with `none` they get no id at all. */
  readonly identical: 'merge' | 'keep' | 'none';
  readonly filter: FilterSpec;
  /** What mends events before they are checked. */
  readonly repair?: RepairSpec;
  /** Events that have been tried so often are held. */
  readonly maxAttempts?: number;
  readonly schema?: { readonly catalog: Catalog; readonly unknownEvent: 'accept' | 'reject' };
  readonly encoders: readonly (EncoderReference | undefined)[];
  /** Whether each line is a message that is settled for itself: then it is noted which lines were left out. */
  readonly settlesLines?: boolean;
}

export interface FilterSpec {
  /** Inclusive, microseconds since the Unix epoch. */
  readonly sinceUs?: number;
  /** Exclusive. */
  readonly untilUs?: number;
  /** Globs over event names; empty lets every name through. */
  readonly events: readonly string[];
  /** A CEL expression that must be true. */
  readonly where?: string;
}

/** What a worker needs of a raw batch. */
export type PrepareInput = Pick<RawBatch, 'format' | 'bytes' | 'spans' | 'spanLines'> & {
  /** Stop behind this many events that pass the filter. */
  readonly maxEvents?: number;
  /** For each encoder whether the events are encoded by their keys alone; absent means whole, for all of them. */
  readonly byKeys?: readonly boolean[];
};

export interface PreparedBatch {
  /** Lines or rows in the batch. */
  readonly lines: number;
  /** Events after unwrapping and splitting, undecodable records included. */
  readonly read: number;
  readonly filtered: number;
  readonly undecodable: number;
  readonly invalid: number;
  /** Events that a repair changed, events that repairs made beside them, and events that repairs left out. */
  readonly repaired: number;
  readonly added: number;
  readonly dropped: number;
  /** Each event that was changed, as it was and as it is. */
  readonly repairs: readonly RepairRecord[];
  /** Events that reached the sinks; `lines` and `offsets` are relative to the batch, from 0. */
  readonly events: EventBatch;
  /** What each sink's encoder made of the events, and whom it refused; in the order of `PrepareSpec.encoders`. */
  readonly encoded: readonly (Encoded | undefined)[];
  readonly refused: readonly (readonly EncoderRefusal[])[];
  /** As it was asked for. */
  readonly byKeys?: readonly boolean[];
  /** Records and events that go no further, with their reasons. */
  readonly held: readonly HeldRecord[];
  /** Lines of which the filter or the limit left out an event; only for a source that settles messages. */
  readonly leftLines?: readonly number[];
  /** Lines whose events were all dropped by repairs, which is their end; only for a source that settles messages. */
  readonly settledLines?: readonly number[];
  readonly remarks: Remarks;
}

/** What repairs have done to one event. */
export interface RepairRecord {
  /** Relative to the batch, from 0. */
  readonly line: number;
  readonly offset: number;
  /** The id that the event had before. */
  readonly id: string;
  readonly rules: readonly string[];
  readonly original: Uint8Array;
  readonly results: readonly Uint8Array[];
  /** Which events of the batch came of it and reached the sinks. */
  readonly events: readonly number[];
}

/** Things worth a sentence at the end of a run; counts add up over batches, the first example is kept. */
export interface Remarks {
  readonly derivedIds: number;
  readonly withoutTime: number;
  readonly unknownNames: number;
  readonly whereErrors: number;
  readonly whereExample?: string;
  readonly duplicateKeys: number;
  /** Line and offset are relative to the batch, from 0. */
  readonly duplicateKeyExample?: { readonly line: number; readonly offset: number; readonly pointer: string };
}

/** A record or event that cannot be delivered, kept whole so that it can be replayed once it is mended. */
export interface HeldRecord {
  readonly kind: 'undecodable' | 'invalid';
  /** Relative to the batch, from 0. */
  readonly line: number;
  readonly offset: number;
  readonly problems: readonly HeldProblem[];
  readonly id?: string;
  readonly name?: string;
  readonly timeUs?: number;
  readonly timeRest?: number;
  /** How often it had been tried before this run. */
  readonly attempts: number;
  /** What lay around it, outermost first. */
  readonly layers?: readonly Layer[];
  /** As it came in, before any repair. */
  readonly raw: Uint8Array;
  /** What repairs had made of it when it was refused. */
  readonly repaired?: Uint8Array;
  /** The event that it is a part of, as it came in. */
  readonly original?: Uint8Array;
}

export interface HeldProblem {
  /** The rule of the schema, or the code of what made the record undecodable. */
  readonly code: string;
  readonly message: string;
  readonly pointer?: string;
}
