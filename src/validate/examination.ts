import type { Fields } from '../event/fields.js';
import type { PrepareInput } from '../flow/prepare/spec.js';
import type { Catalog } from '../schema/catalog.js';
import type { DecoderReference } from '../sources/source.js';
import type { UnwrapperReference } from '../sources/unwrapper.js';
import type { Mutation } from './mutants.js';
import type { PartitionPlace, PartitionRange } from './partition-place.js';

/** Everything that an examination needs to know: plain data, the same for every worker. */
export interface ExaminationSpec {
  readonly decoder: DecoderReference;
  readonly catalog: Catalog;
  /** The schemas as they were; absent when nothing is compared. */
  readonly before?: Catalog;
  readonly unknownEvent: 'accept' | 'reject';
  /** Partitions that valid events should land in; absent when there is no table, or it is not cut by time. */
  readonly partitions?: readonly PartitionRange[];
  readonly fields: Fields;
  /** Pointer to the array that holds a record's events; undefined when a record is an event. */
  readonly split?: readonly string[];
  /** Which envelopes are opened, so that the event inside is checked; none when absent. */
  readonly unwrapper?: UnwrapperReference;
  /** Whether each valid event is spoilt in every place, to see what the schema lets through. */
  readonly mutates: boolean;
  /** So many problems of a batch are told in full; all of them are counted. */
  readonly maxProblems: number;
}

/** One batch to examine. */
export type ExaminationInput = Pick<PrepareInput, 'format' | 'bytes' | 'spans' | 'spanLines'> & {
  /** What the events should be; of those that should be invalid the valid ones are told instead. */
  readonly expects: Expectation;
};

/** What a fixture promises of its events; everything else is expected to be valid. */
export type Expectation = 'valid' | 'invalid';

/** What was found in one batch. Lines are relative to the batch, from 0. */
export interface BatchFindings {
  /** Lines or rows in the batch. */
  readonly lines: number;
  readonly events: number;
  readonly valid: number;
  readonly invalid: number;
  readonly undecodable: number;
  /** Events that are not what was expected. */
  readonly unexpected: number;
  /** Invalid and undecodable events that should be just that. */
  readonly expectedInvalid: number;
  readonly duplicateKeys: number;
  /** Events whose name has no schema in a catalogue with schemas by name. */
  readonly unknownNames: number;
  /** The first problems of events that are not what was expected. */
  readonly problems: readonly FoundProblem[];
  /** All of them. */
  readonly problemCount: number;
  readonly groups: readonly FoundGroup[];
  readonly names: readonly FoundName[];
  readonly mutants: readonly FoundMutant[];
  readonly changes: readonly FoundChange[];
  readonly misplaced: readonly FoundMisplacement[];
  /** Invalid events by day of their time, empty for those without one. */
  readonly days: readonly { readonly day: string; readonly invalid: number }[];
}

/** Events of one name that the schemas as they were judge otherwise; `verdict` is that of now. */
export interface FoundChange {
  readonly name: string;
  readonly verdict: 'accepted' | 'refused';
  readonly count: number;
  /** Line of the first one. */
  readonly line: number;
}

/** Valid events that the table has no partition for. */
export interface FoundMisplacement {
  readonly place: Exclude<PartitionPlace, 'there'>;
  readonly name: string;
  readonly count: number;
  /** Line of the first one. */
  readonly line: number;
}

/** One thing that is wrong with one event. */
export interface FoundProblem {
  readonly line: number;
  readonly name?: string;
  readonly event?: string;
  readonly pointer: string;
  readonly rule: string;
  readonly message: string;
  readonly value?: string;
  readonly schemaPath?: string;
}

/** Problems of events of one name, of one rule, at one place. */
export interface FoundGroup {
  readonly name: string;
  readonly rule: string;
  /** `*` stands for every index of an array. */
  readonly pointer: string;
  readonly count: number;
  readonly message: string;
  /** Line of the first one. */
  readonly line: number;
}

/** Mutants of one kind that the schema lets through, at one place in the events of one name. */
export interface FoundMutant {
  readonly name: string;
  /** `*` stands for every index of an array. */
  readonly pointer: string;
  readonly mutation: Mutation;
  readonly count: number;
}

export interface FoundName {
  readonly name: string;
  readonly events: number;
  readonly invalid: number;
}
