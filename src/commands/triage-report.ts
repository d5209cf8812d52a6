import { redact } from '../config/redact.js';
import { RespoolError } from '../errors.js';
import type { NextCommand } from '../report/report.js';
import type { Count, SignatureReport, TriageReport } from '../report/triage-report.js';
import type { Source } from '../sources/source.js';
import { proposeRule } from '../triage/propose.js';
import { redactSample } from '../triage/redact.js';
import type { SignatureTally, Tally } from '../triage/tally.js';
import type { Triage } from '../triage/triage.js';
import type { TriageOptions } from './triage.js';

const BINS = 24;

interface Ending {
  readonly source: Source;
  readonly found: Triage;
  readonly options: TriageOptions;
  readonly exitCode: number;
  readonly exported: TriageReport['exported'] | undefined;
  readonly elapsedMs: number;
  /** The source as it was typed. */
  readonly args: readonly string[];
}

/** What was found, for its renderers. */
export function triageReport({ source, found, options, exitCode, exported, elapsedMs, args }: Ending): TriageReport {
  const { tally, failures } = found;
  const chosen = [...tally.signatures.values()]
    .filter(({ signature }) => options.signature.length === 0 || options.signature.includes(signature.id))
    .toSorted((a, b) => b.events - a.events);
  const signatures = chosen.map((entry) => signatureReport(entry, tally));
  const unknown = options.signature.filter((id) => !tally.signatures.has(id));
  return {
    reportVersion: 1,
    command: 'triage',
    exitCode,
    source: source.label,
    complete: failures.length === 0 && exitCode < 130,
    events: tally.events,
    ...standingOf(source),
    ...seen(tally.times),
    origins: counts(tally.origins),
    names: counts(tally.names),
    signatures,
    ...(exported !== undefined && { exported }),
    failures: failures.map(({ part, error }) => ({
      part: source.parts[part]?.label ?? '',
      code: error instanceof RespoolError ? error.code : 'failed',
      message: error.message,
    })),
    warnings: unknown.map((id) => `there is no letter of signature ${id}`),
    notes: source.notes ?? [],
    next: nextOf(args, signatures),
    elapsedMs: Math.round(elapsedMs),
  };
}

function signatureReport(entry: SignatureTally, { times }: Tally): SignatureReport {
  const { signature, samples, events, mostAttempts } = entry;
  const proposal = proposeRule(signature, samples);
  return {
    ...signature,
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

function standingOf({ standing }: Source): Pick<TriageReport, 'queue'> {
  if (standing === undefined) return {};
  const { ready, inFlight, delayed, oldestMs, firstExpiresMs } = standing;
  return {
    queue: {
      ...(ready !== undefined && { ready }),
      ...(inFlight !== undefined && { inFlight }),
      ...(delayed !== undefined && { delayed }),
      ...(oldestMs !== undefined && { oldest: new Date(oldestMs).toISOString() }),
      ...(firstExpiresMs !== undefined && { firstExpires: new Date(firstExpiresMs).toISOString() }),
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

function nextOf(args: readonly string[], signatures: readonly SignatureReport[]): NextCommand[] {
  const words = args.map((word) => redact(word).replaceAll('***', '<secret>'));
  const source = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  const [first] = signatures;
  if (first === undefined) return [];
  const mend = signatures.some(({ proposal }) => proposal !== undefined)
    ? [
        {
          command: `respool replay ${source} --repair rules.yaml --dry-run`,
          why: 'shows what the proposed rules would do, once they stand in rules.yaml',
        },
      ]
    : [];
  const command = `respool triage ${source} --signature ${first.id} --export ${first.id}.ndjson`;
  return [...mend, { command, why: 'writes the letters of the first signature to a file' }];
}
