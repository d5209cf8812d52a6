import type { MsgHdrs } from '@nats-io/transport-node';
import type { Letter } from '../../letter.js';
import { marksDead } from '../dead-name.js';
import type { Nats } from './connect.js';

/** What a stream holds, received or looked up. */
interface Stored {
  readonly seq: number;
  readonly subject: string;
  readonly time: Date;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
  readonly deliveries?: number;
}

/** The server says on these subjects that it gave a message up; the message itself stays in its stream. */
const ADVISORY = /^\$JS\.EVENT\.ADVISORY\.CONSUMER\.(?:MAX_DELIVERIES|MSG_TERMINATED)\./u;

/** Whether all that a stream takes in are words of the server about messages that it gave up. */
export function holdsAdvisories(subjects: readonly string[]): boolean {
  return subjects.length > 0 && subjects.every((subject) => subject.startsWith('$JS.EVENT.ADVISORY.CONSUMER.'));
}

/** A message of a stream as a letter; for an advisory it is the message that the server gave up, where it still is. */
export async function letterOf(stored: Stored, stream: string, nats: Nats): Promise<Letter> {
  const { seq, subject, time, data, deliveries } = stored;
  if (ADVISORY.test(subject)) return (await abandoned(stored, nats)) ?? plainLetter(stored, stream);
  const headers = headersOf(stored.headers);
  return {
    ...plainLetter(stored, stream),
    ...{ kind: 'nats', queue: stream, id: String(seq), sentAt: time.toISOString(), body: data },
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(deliveries !== undefined && { deliveries }),
  };
}

/** Whether a message carries the marks of a dead letter. */
export function isDead({ subject, headers }: Pick<Stored, 'subject' | 'headers'>): boolean {
  return ADVISORY.test(subject) || marksDead(headers?.keys() ?? []);
}

function plainLetter({ seq, subject, time, data }: Stored, stream: string): Letter {
  return {
    ...{ kind: 'nats', queue: stream, id: String(seq), name: subject, sentAt: time.toISOString() },
    attributes: { subject, seq },
    // An advisory is no event: without the message that it is about there is nothing to replay.
    body: ADVISORY.test(subject) ? '' : data,
  };
}

async function abandoned(advisory: Stored, { manager }: Nats): Promise<Letter | undefined> {
  const { stream, stream_seq: seq, deliveries, reason, type } = JSON.parse(Buffer.from(advisory.data).toString());
  const found = await manager.streams.getMessage(String(stream), { seq: Number(seq) }).catch(() => null);
  if (found === null) return undefined;
  const headers = headersOf(found.header);
  return {
    ...{ kind: 'nats', queue: String(stream), origin: String(stream), id: String(seq), name: found.subject },
    ...{ sentAt: found.time.toISOString(), failedAt: advisory.time.toISOString(), deliveries: Number(deliveries) },
    error: { class: String(type).split('.').at(-1), message: reason === undefined ? undefined : String(reason) },
    attributes: { subject: found.subject, seq: Number(seq), advisory: advisory.seq },
    ...(Object.keys(headers).length > 0 && { headers }),
    body: found.data,
  };
}

function headersOf(headers: MsgHdrs | undefined): Record<string, string | readonly string[]> {
  return Object.fromEntries(
    (headers?.keys() ?? []).map((name) => {
      const values = headers?.values(name) ?? [];
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}
