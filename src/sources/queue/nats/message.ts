import type { MsgHdrs } from '@nats-io/transport-node';
import { instantText } from '../../../event/instant-text.js';
import type { Letter } from '../../letter.js';
import { marksDead } from '../dead-name.js';
import type { Nats } from './connect.js';

/** What a stream holds, received or looked up. */
interface Stored {
  readonly seq: number;
  readonly subject: string;
  /** Milliseconds since the Unix epoch. */
  readonly timeMs: number;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
  readonly deliveries?: number;
}

/** The server says on these subjects that it gave a message up; the message itself stays in its stream. */
const ADVISORY = /^\$JS\.EVENT\.ADVISORY\.CONSUMER\.(?:MAX_DELIVERIES|MSG_TERMINATED)\./u;

const NOTHING = new Uint8Array(0);

/** Whether all that a stream takes in are words of the server about messages that it gave up. */
export function holdsAdvisories(subjects: readonly string[]): boolean {
  return subjects.length > 0 && subjects.every((subject) => subject.startsWith('$JS.EVENT.ADVISORY.CONSUMER.'));
}

/** A message of a stream as a letter; for an advisory it is the message that the server gave up, where it still is. */
export function letterOf(stored: Stored, stream: string, nats: Nats): Letter | Promise<Letter> {
  if (!isAdvisory(stored.subject)) return plainLetter(stored, stream);
  return abandoned(stored, nats).then((letter) => letter ?? bareAdvisory(stored, stream));
}

/** An advisory is no event: without the message that it is about there is nothing to replay. */
function bareAdvisory({ seq, subject, timeMs }: Stored, stream: string): Letter {
  return plainLetter({ seq, subject, timeMs, data: NOTHING, headers: undefined }, stream);
}

/** Whether a message carries the marks of a dead letter. */
export function isDead({ subject, headers }: Pick<Stored, 'subject' | 'headers'>): boolean {
  return isAdvisory(subject) || (headers !== undefined && marksDead(headers.keys()));
}

function isAdvisory(subject: string): boolean {
  return subject.startsWith('$JS') && ADVISORY.test(subject);
}

/** Written out in one piece: it is done for every message. */
function plainLetter({ seq, subject, timeMs, data, deliveries, headers }: Stored, stream: string): Letter {
  return {
    kind: 'nats',
    queue: stream,
    id: String(seq),
    name: subject,
    sentAt: instantText(timeMs),
    deliveries,
    headers: headersOf(headers),
    attributes: { subject, seq },
    body: data,
  };
}

async function abandoned(advisory: Stored, { manager }: Nats): Promise<Letter | undefined> {
  const { stream, stream_seq: seq, deliveries, reason, type } = JSON.parse(Buffer.from(advisory.data).toString());
  const found = await manager.streams.getMessage(String(stream), { seq: Number(seq) }).catch(() => null);
  if (found === null) return undefined;
  return {
    ...{ kind: 'nats', queue: String(stream), origin: String(stream), id: String(seq), name: found.subject },
    ...{ sentAt: found.time.toISOString(), failedAt: instantText(advisory.timeMs), deliveries: Number(deliveries) },
    error: { class: String(type).split('.').at(-1), message: reason === undefined ? undefined : String(reason) },
    attributes: { subject: found.subject, seq: Number(seq), advisory: advisory.seq },
    headers: headersOf(found.header),
    body: found.data,
  };
}

function headersOf(headers: MsgHdrs | undefined): Letter['headers'] {
  const names = headers?.keys() ?? [];
  if (headers === undefined || names.length === 0) return undefined;
  return Object.fromEntries(
    names.map((name) => {
      const values = headers.values(name);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}
