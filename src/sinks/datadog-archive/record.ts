import { createHash } from 'node:crypto';
import { type EventBatch, idOf, nameOf, textOf } from '../../event/batch.js';
import { valueAt } from '../../event/pointer.js';

/** A text of the user's, or the place of one in the event. */
export type Origin = { readonly text: string } | { readonly pointer: readonly string[] };

/** How events become archived logs. */
export interface RecordOptions {
  /** Reserved attributes of a log, by name. */
  readonly members: Readonly<Record<string, Origin | undefined>>;
  /** Default: the name of the event. */
  readonly message: Origin | undefined;
  readonly tags: readonly string[];
}

/**
 * One archived log on a line of its own: reserved attributes first, then the whole event, byte for byte, as
 * `attributes` (https://docs.datadoghq.com/logs/log_configuration/archives/#format-of-the-archives).
 */
export function renderRecord(events: EventBatch, index: number, options: RecordOptions): Buffer {
  const { members, message, tags } = options;
  const text = Buffer.from(textOf(events, index));
  for (let at = 0; at < text.length; at++) if (text[at] === 0x0a || text[at] === 0x0d) text[at] = 0x20;
  const look = lookInto(text);
  const id = idOf(events, index);
  const head = JSON.stringify({
    _id: logIdOf(id),
    date: new Date(Math.floor((events.timesUs[index] ?? 0) / 1_000)).toISOString(),
    ...Object.fromEntries(Object.entries(members).map(([name, origin]) => [name, origin && look(origin)])),
    message: (message && look(message)) ?? (nameOf(events, index) || id),
    tags,
  });
  return Buffer.concat([Buffer.from(head.slice(0, -1)), ATTRIBUTES, text, END]);
}

/** The `_id` under which an event of this id is archived. */
export function logIdOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 24);
}

const ATTRIBUTES = Buffer.from(',"attributes":');
const END = Buffer.from('}\n');

/** The event is parsed only when something points into it. */
function lookInto(text: Buffer): (origin: Origin) => string | undefined {
  let value: unknown;
  return (origin) => {
    if ('text' in origin) return origin.text;
    value ??= JSON.parse(text.toString());
    const found = valueAt(value, origin.pointer);
    if (found === undefined || found === null) return undefined;
    return typeof found === 'string' ? found : JSON.stringify(found);
  };
}
