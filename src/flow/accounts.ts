import type { EventBatch } from '../event/batch.js';
import { createChecksum } from '../event/id-hash.js';
import type { Verdict } from '../sinks/sink.js';
import { eachRun } from '../sinks/verdict-runs.js';
import type { PreparedItem } from './prepare/in-order.js';

/** What became of the events, as plain data that is saved with the position. */
export interface Accounts {
  readonly read: number;
  readonly undecodable: number;
  readonly filtered: number;
  readonly invalid: number;
  readonly quarantined: number;
  /** Events that were refused for what they had died of before. */
  readonly repeated: number;
  /** Events that a repair changed, that repairs made beside them, and that repairs left out. */
  readonly repaired: number;
  readonly added: number;
  readonly dropped: number;
  readonly derivedIds: number;
  readonly withoutTime: number;
  readonly unknownNames: number;
  readonly whereErrors: number;
  readonly whereExample?: string;
  readonly duplicateKeys: number;
  readonly duplicateKeyExample?: string;
  readonly sinks: readonly SinkAccounts[];
  readonly problems: readonly ProblemAccount[];
}

export interface SinkAccounts {
  readonly label: string;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly unsent: number;
  /** Sum of the id hashes of accepted and duplicate events modulo 2^64, 16 hex digits: the order does not matter. */
  readonly checksum: string;
  /** The same over accepted events alone: what this run has added. */
  readonly acceptedChecksum: string;
}

export interface ProblemAccount {
  /** `undecodable`, `invalid`, or the label of the sink that rejected. */
  readonly stage: string;
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
  readonly events: number;
  /** Where the first one was found: `dump.ndjson:17`. */
  readonly example: string;
}

const MAX_KINDS_OF_PROBLEM = 1_000;

/** No events yet, for sinks with these labels. */
export function emptyAccounts(sinkLabels: readonly string[]): Accounts {
  return {
    read: 0,
    undecodable: 0,
    filtered: 0,
    invalid: 0,
    quarantined: 0,
    repeated: 0,
    repaired: 0,
    added: 0,
    dropped: 0,
    derivedIds: 0,
    withoutTime: 0,
    unknownNames: 0,
    whereErrors: 0,
    duplicateKeys: 0,
    sinks: sinkLabels.map((label) => ({ label, ...emptyVerdicts, checksum: NO_IDS, acceptedChecksum: NO_IDS })),
    problems: [],
  };
}

const NO_IDS = '0'.repeat(16);
const emptyVerdicts = { accepted: 0, duplicate: 0, rejected: 0, unknown: 0, unsent: 0 };

/** The accounts of one batch; a sink without verdicts has not been sent the events. */
export function accountsOf(
  { raw, prepared }: PreparedItem,
  verdicts: ReadonlyMap<string, readonly Verdict[] | undefined>,
  rest: Pick<Accounts, 'quarantined' | 'repeated' | 'problems' | 'duplicateKeyExample'>,
): Accounts {
  const { remarks, events, read, undecodable, filtered, invalid, repaired, added, dropped } = prepared;
  const { duplicateKeyExample: _relative, ...counts } = remarks;
  const sinks = [...verdicts].map(([label, each]) => sinkAccounts(label, events, each));
  // What the reader could not decode was read all the same, and is undecodable like the rest.
  const unread = raw.undecodable.length;
  return {
    ...counts,
    read: read + unread,
    undecodable: undecodable + unread,
    filtered,
    invalid,
    repaired,
    added,
    dropped,
    sinks,
    ...rest,
  };
}

function sinkAccounts(label: string, events: EventBatch, verdicts: readonly Verdict[] | undefined): SinkAccounts {
  if (verdicts === undefined) {
    return { label, ...emptyVerdicts, unsent: events.count, checksum: NO_IDS, acceptedChecksum: NO_IDS };
  }
  const accepted = createChecksum();
  const checksum = createChecksum();
  const counts = { ...emptyVerdicts };
  eachRun(verdicts, ({ kind }, from, to) => {
    counts[kind] += to - from;
    if (kind === 'accepted') accepted.addAll(events.idHashes, from, to);
    else if (kind === 'duplicate') checksum.addAll(events.idHashes, from, to);
  });
  checksum.merge(accepted);
  return { label, ...counts, checksum: checksum.toString(), acceptedChecksum: accepted.toString() };
}

/** What a sink has gathered and not sent was not accepted. */
export function withUnsent(accounts: Accounts, gathering: ReadonlySet<string>): Accounts {
  const sinks = accounts.sinks.map((sink) => {
    if (!gathering.has(sink.label)) return sink;
    const unsent = sink.unsent + sink.accepted + sink.duplicate;
    return { ...sink, accepted: 0, duplicate: 0, unsent, checksum: NO_IDS, acceptedChecksum: NO_IDS };
  });
  return { ...accounts, sinks };
}

/** Adds accounts up. */
export function addAccounts(a: Accounts, b: Accounts): Accounts {
  const whereExample = a.whereExample ?? b.whereExample;
  const duplicateKeyExample = a.duplicateKeyExample ?? b.duplicateKeyExample;
  return {
    read: a.read + b.read,
    undecodable: a.undecodable + b.undecodable,
    filtered: a.filtered + b.filtered,
    invalid: a.invalid + b.invalid,
    quarantined: a.quarantined + b.quarantined,
    repeated: a.repeated + b.repeated,
    repaired: a.repaired + b.repaired,
    added: a.added + b.added,
    dropped: a.dropped + b.dropped,
    derivedIds: a.derivedIds + b.derivedIds,
    withoutTime: a.withoutTime + b.withoutTime,
    unknownNames: a.unknownNames + b.unknownNames,
    whereErrors: a.whereErrors + b.whereErrors,
    ...(whereExample === undefined ? {} : { whereExample }),
    duplicateKeys: a.duplicateKeys + b.duplicateKeys,
    ...(duplicateKeyExample === undefined ? {} : { duplicateKeyExample }),
    sinks: a.sinks.map((sink) =>
      addSink(
        sink,
        b.sinks.find(({ label }) => label === sink.label),
      ),
    ),
    problems: b.problems.length === 0 ? a.problems : addProblems(a.problems, b.problems),
  };
}

function addSink(a: SinkAccounts, b: SinkAccounts | undefined): SinkAccounts {
  if (b === undefined) return a;
  return {
    label: a.label,
    accepted: a.accepted + b.accepted,
    duplicate: a.duplicate + b.duplicate,
    rejected: a.rejected + b.rejected,
    unknown: a.unknown + b.unknown,
    unsent: a.unsent + b.unsent,
    checksum: addChecksums(a.checksum, b.checksum),
    acceptedChecksum: addChecksums(a.acceptedChecksum, b.acceptedChecksum),
  };
}

/** Adds two checksums modulo 2^64. */
function addChecksums(a: string, b: string): string {
  return BigInt.asUintN(64, BigInt(`0x${a}`) + BigInt(`0x${b}`))
    .toString(16)
    .padStart(16, '0');
}

/** Adds up problems of the same kind, the first example kept; new kinds beyond a bound count as the last one. */
function addProblems(a: readonly ProblemAccount[], b: readonly ProblemAccount[]): readonly ProblemAccount[] {
  const kinds = new Map(a.map((problem) => [kindOf(problem), problem]));
  for (const problem of b) {
    const kind = kinds.size < MAX_KINDS_OF_PROBLEM || kinds.has(kindOf(problem)) ? kindOf(problem) : 'other';
    const known = kinds.get(kind);
    kinds.set(kind, known ? { ...known, events: known.events + problem.events } : problem);
  }
  return [...kinds.values()];
}

const kindOf = ({ stage, code, pointer }: ProblemAccount) => `${stage}\n${code}\n${pointer}`;
