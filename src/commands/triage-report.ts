import { RespoolError } from '../errors.js';
import type { NextCommand } from '../report/report.js';
import { period } from '../report/text.js';
import type { Count, SignatureReport, TriageReport } from '../report/triage-report.js';
import type { Source } from '../sources/source.js';
import { proposeRule } from '../triage/propose.js';
import { redactSample } from '../triage/redact.js';
import type { SignatureTally, Tally } from '../triage/tally.js';
import type { Triage } from '../triage/triage.js';
import type { Invocation } from './command.js';
import type { TriageOptions } from './triage.js';
import { commandOf, typedFlags } from './typed-words.js';

const BINS = 24;
/** What RabbitMQ's reasons mean: they say how a message left its queue, and not why. */
const MANNERS: Readonly<Record<string, string>> = {
  rejected: 'a consumer rejected it, and nothing says why',
  expired: 'nobody took it in the time that it had',
  maxlen: 'its queue was full',
  delivery_limit: 'it was given back too often, and nothing says why',
};
const MOST_NAMED = 10;
/** What expires sooner is worth a warning: a day. */
const SOON_MS = 86_400_000;

interface Ending {
  readonly source: Source;
  readonly found: Triage;
  readonly options: TriageOptions;
  readonly exitCode: number;
  readonly exported: TriageReport['exported'] | undefined;
  readonly elapsedMs: number;
  readonly nowMs: number;
  readonly call: Pick<Invocation, 'args' | 'argv' | 'config'>;
}

/** What was found, for its renderers. */
export function triageReport(ending: Ending): TriageReport {
  const { source, found, options, exitCode, exported, elapsedMs, nowMs } = ending;
  const { tally, failures } = found;
  const chosen = [...tally.signatures.values()]
    .filter(({ signature }) => options.signature.length === 0 || options.signature.includes(signature.id))
    .toSorted((a, b) => b.events - a.events);
  const signatures = chosen.map((entry) => signatureReport(entry, tally));
  return {
    reportVersion: 1,
    command: 'triage',
    exitCode,
    source: source.label,
    complete: failures.length === 0 && exitCode < 130,
    events: tally.events,
    ...(options.schema !== undefined && { valid: tally.passing }),
    ...standingOf(source, nowMs),
    ...seen(tally.times),
    origins: counts(tally.origins),
    names: counts(tally.names),
    signatures,
    signaturesFound: tally.signatures.size,
    ...(exported !== undefined && { exported }),
    failures: failures.map(({ part, error }) => ({
      part: source.parts[part]?.label ?? '',
      code: error instanceof RespoolError ? error.code : 'failed',
      message: error.message,
    })),
    warnings: [...expiryWarning(source, nowMs), ...unknownSignatures(options, tally)],
    notes: source.notes ?? [],
    next: nextOf(ending, signatures),
    elapsedMs: Math.round(elapsedMs),
  };
}

function signatureReport(entry: SignatureTally, { times }: Tally): SignatureReport {
  const { signature, samples, events, mostAttempts } = entry;
  const proposal = proposeRule(signature, samples);
  return {
    ...signature,
    message: signature.message || (MANNERS[signature.cause] ?? 'nothing more is said'),
    events,
    ...seen(entry.times),
    overTime: Number.isFinite(times.firstMs) ? entry.times.over(times.firstMs, times.lastMs, BINS) : [],
    origins: counts(entry.origins),
    names: counts(entry.names),
    mostAttempts,
    sample: redactSample(samples[0]),
    ...(proposal !== undefined && { proposal }),
  };
}

/** Signatures that were asked for and are not there. */
function unknownSignatures({ signature, schema }: TriageOptions, { signatures }: Tally): string[] {
  const known = [...signatures.keys()].slice(0, MOST_NAMED).join(', ') || 'none';
  const why = schema === undefined ? 'with --schema there are others' : 'without --schema there are others';
  return signature
    .filter((id) => !signatures.has(id))
    .map((id) => `there is no letter of signature ${id}; those found are ${known}, and ${why}`);
}

/** Letters that the service will soon remove. */
function expiryWarning({ standing }: Source, nowMs: number): string[] {
  const left = (standing?.firstExpiresMs ?? Number.POSITIVE_INFINITY) - nowMs;
  if (left >= SOON_MS) return [];
  const when =
    left <= 0
      ? 'letters are overdue: the queue removes them any moment'
      : `the queue removes its first letters in ${period(left)}`;
  return [
    `${when}; raise its retention where that can be done, or keep them first: respool triage … --export letters.ndjson`,
  ];
}

function standingOf({ standing }: Source, nowMs: number): Pick<TriageReport, 'queue'> {
  if (standing === undefined) return {};
  const { ready, inFlight, delayed, oldestMs, firstExpiresMs } = standing;
  return {
    queue: {
      ...(ready !== undefined && { ready }),
      ...(inFlight !== undefined && { inFlight }),
      ...(delayed !== undefined && { delayed }),
      ...(oldestMs !== undefined && { oldest: new Date(oldestMs).toISOString() }),
      ...(firstExpiresMs !== undefined && {
        firstExpires: new Date(firstExpiresMs).toISOString(),
        firstExpiresInMs: Math.round(firstExpiresMs - nowMs),
      }),
    },
  };
}

function seen({ firstMs, lastMs }: { readonly firstMs: number; readonly lastMs: number }) {
  if (!Number.isFinite(firstMs)) return {};
  return { firstSeen: new Date(firstMs).toISOString(), lastSeen: new Date(lastMs).toISOString() };
}

function counts(map: ReadonlyMap<string, number>): Count[] {
  return [...map].map(([name, events]) => ({ name, events })).toSorted((a, b) => b.events - a.events);
}

/** What decides how letters are read, and with it what their signatures are. */
const READING = new Set([
  ...['--schema', '--schema-map', '--unknown-event', '--id', '--name', '--time', '--user', '--unwrap', '--config'],
  ...['--format', '--columns', '--delimiter', '--quote', '--split', '--brotli'],
]);
const SWITCHES = new Set(['--brotli']);

function nextOf({ call, options }: Ending, signatures: readonly SignatureReport[]): NextCommand[] {
  const [first] = signatures;
  if (first === undefined) return [];
  const { args, argv, config } = call;
  const source = [...args, ...typedFlags(argv, READING, SWITCHES)];
  const command = (words: readonly string[], why: string) => commandOf(words, why, config.secrets);
  const mend = signatures.some(({ proposal }) => proposal !== undefined)
    ? [
        command(
          ['replay', ...source, '--repair', 'rules.yaml', '--dry-run'],
          'shows what the proposed rules would do, once they stand in rules.yaml',
        ),
      ]
    : [];
  if (options.export !== undefined) return mend;
  const words = ['triage', ...source, '--signature', first.id, '--export', `${first.id}.ndjson`];
  return [...mend, command(words, 'writes the letters of the first signature to a file')];
}
