import { closest } from '../../../did-you-mean.js';
import { UsageError } from '../../../errors.js';

/** Which queue, and how it is received from. */
export interface SqsAddress {
  /** A name, or the queue's URL. */
  readonly queue: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  /** Receives under way at once, 1 to 64. */
  readonly pollers: number;
  /** Seconds a receive waits for messages, 0 to 20. */
  readonly waitS: number;
  /** Seconds a received message is ours without a heartbeat, 10 to 43,200. */
  readonly visibilityS: number;
}

const OPTIONS = ['region', 'endpoint', 'pollers', 'wait', 'visibility'];

/**
 * Reads `sqs:<name or URL>?pollers=8&wait=5&visibility=120&region=…&endpoint=…`.
 * @throws UsageError `bad_source_address`.
 */
export function parseSqsAddress(text: string): SqsAddress {
  const [place = '', query = ''] = text.replace(/^sqs:/iu, '').split(/\?(.*)/su);
  if (place === '')
    throw bad(text, 'it names no queue', 'write sqs:<queue name> or sqs:https://sqs.<region>.amazonaws.com/…');
  const options = new URLSearchParams(query);
  for (const name of options.keys()) {
    if (OPTIONS.includes(name)) continue;
    const near = closest(name, OPTIONS);
    throw bad(
      text,
      `sqs: has no option ${name}`,
      near === undefined ? `options: ${OPTIONS.join(', ')}` : `did you mean ${near}?`,
    );
  }
  const number = (name: string, [least, most]: readonly [number, number], otherwise: number) => {
    const value = options.get(name);
    if (value === null) return otherwise;
    if (/^\d+$/u.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    throw bad(text, `${name}=${value} is no number from ${least} to ${most}`, `write ${name}=${otherwise}`);
  };
  return {
    queue: place,
    region: options.get('region') ?? /^https?:\/\/sqs\.([a-z0-9-]+)\./u.exec(place)?.[1],
    endpoint: options.get('endpoint') ?? undefined,
    pollers: number('pollers', [1, 64], 8),
    waitS: number('wait', [0, 20], 5),
    visibilityS: number('visibility', [10, 43_200], 120),
  };
}

function bad(text: string, why: string, hint: string): UsageError {
  return new UsageError(`${text}: ${why}`, { code: 'bad_source_address', hint });
}
