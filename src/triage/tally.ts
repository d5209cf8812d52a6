import type { Layer } from '../event/layer.js';
import type { HeldRecord } from '../flow/prepare/spec.js';
import { type Failure, type Signature, signatureOf } from '../flow/signature.js';
import { Histogram } from './histogram.js';

const MOST_SAMPLES = 20;
const MOST_SIGNATURES = 500;
const MOST_COUNTED = 1_000;

/** One letter's event, as far as triage looks at it. */
export interface Found {
  readonly name: string;
  /** Microseconds since the Unix epoch; NaN when the event has no time. */
  readonly timeUs: number;
  readonly layers: readonly Layer[];
  readonly attempts: number;
  readonly json: Uint8Array;
  /** What a check of our own says is wrong with it. */
  readonly held?: Pick<HeldRecord, 'kind' | 'problems'>;
}

/** All letters of one signature. */
export interface SignatureTally {
  readonly signature: Signature;
  events: number;
  readonly times: Histogram;
  readonly names: Map<string, number>;
  readonly origins: Map<string, number>;
  readonly samples: unknown[];
  mostAttempts: number;
}

/** Counts letters by where they came from, what they are and why they died, in bounded room. */
export class Tally {
  events = 0;
  /** Events that nothing is wrong with by a check of our own. */
  passing = 0;
  readonly times = new Histogram();
  readonly origins = new Map<string, number>();
  readonly names = new Map<string, number>();
  readonly signatures = new Map<string, SignatureTally>();

  /** Counts one event and says of which signature it is. */
  add(found: Found): string {
    const { name, layers, attempts } = found;
    const signature = signatureOf(failureOf(found));
    const entry = this.entryOf(signature);
    const ms = timeOf(found);
    const origin = originOf(layers);
    this.events++;
    if (found.held === undefined) this.passing++;
    entry.events++;
    entry.mostAttempts = Math.max(entry.mostAttempts, attempts, ...layers.map(({ deliveries = 0 }) => deliveries));
    for (const histogram of [this.times, entry.times]) histogram.add(ms);
    for (const counts of [this.origins, entry.origins]) count(counts, origin);
    for (const counts of [this.names, entry.names]) count(counts, name);
    if (entry.samples.length < MOST_SAMPLES) entry.samples.push(parsed(found.json));
    return entry.signature.id;
  }

  private entryOf(signature: Signature): SignatureTally {
    const known = this.signatures.get(signature.id);
    if (known !== undefined) return known;
    if (this.signatures.size >= MOST_SIGNATURES && signature.cause !== 'others') {
      return this.entryOf(signatureOf({ class: 'others', message: 'many other reasons' }));
    }
    const entry: SignatureTally = {
      signature,
      events: 0,
      times: new Histogram(),
      names: new Map(),
      origins: new Map(),
      samples: [],
      mostAttempts: 0,
    };
    this.signatures.set(signature.id, entry);
    return entry;
  }
}

/** What a check says now counts before what the transport said then; the innermost layer knows best. */
function failureOf({ held, layers }: Pick<Found, 'held' | 'layers'>): Failure {
  const told = layers.findLast(({ error }) => error !== undefined)?.error;
  const [problem] = held?.problems ?? [];
  if (problem !== undefined) return { class: problem.code, message: problem.message, pointer: problem.pointer };
  return told ?? { class: 'unknown', message: 'nothing says why it died' };
}

function originOf(layers: readonly Layer[]): string {
  return layers.find(({ kind, queue }) => kind !== 'quarantine' && queue !== undefined)?.queue ?? '(unknown)';
}

/** When it died, where the transport says so, else when it happened. */
function timeOf({ layers, timeUs }: Found): number {
  const said = layers.find(({ kind, time }) => kind !== 'quarantine' && time !== undefined)?.time;
  const ms = said === undefined ? Number.NaN : new Date(said).getTime();
  return Number.isNaN(ms) ? timeUs / 1_000 : ms;
}

function count(counts: Map<string, number>, key: string): void {
  const at = counts.has(key) || counts.size < MOST_COUNTED ? key : '(others)';
  counts.set(at, (counts.get(at) ?? 0) + 1);
}

function parsed(json: Uint8Array): unknown {
  const text = Buffer.from(json).toString();
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 1_000);
  }
}
