import { badAddress, readAddressOptions } from '../address-options.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which queue, reached how. */
export interface SqsAddress {
  /** What a user would type, without options. */
  readonly label: string;
  /** The name, where it was not given by URL. */
  readonly name?: string;
  readonly url?: string;
  readonly region: string;
  /** Another service than Amazon's own. */
  readonly endpoint?: string;
  /** Receives under way at once. */
  readonly pollers: number;
  /** Seconds that a received message is ours without a word from us. */
  readonly visibility: number;
  /** Seconds that a receive waits for a message. */
  readonly wait: number;
}

const KNOWN = {
  numbers: { pollers: [1, 64, 4], visibility: [10, 43_000, 120], wait: [0, 20, 5] },
  texts: ['region', 'endpoint'],
} as const;

/**
 * Reads `sqs:<name or URL>[?pollers=4&visibility=120&wait=5&region=…&endpoint=…]`.
 * @throws UsageError `bad_source_address`.
 */
export function parseSqsAddress(address: string, env: Environment): SqsAddress {
  const [, queue = '', query = ''] = /^sqs:(?:\/\/)?([^?]*)\??(.*)$/isu.exec(address) ?? [];
  const options = readAddressOptions(address, query, KNOWN);
  if (queue === '') {
    throw badAddress(
      address,
      'it names no queue',
      'write sqs:<queue name> or sqs:https://sqs.<region>.amazonaws.com/…',
    );
  }
  const { pollers, visibility, wait } = options;
  const endpoint = options.endpoint ?? env.AWS_ENDPOINT_URL_SQS ?? env.AWS_ENDPOINT_URL;
  const fromUrl = /^https?:\/\/(?:sqs\.([a-z\d-]+)|([a-z\d-]+)\.queue)\.amazonaws\.com/u.exec(queue);
  const region = options.region ?? fromUrl?.[1] ?? fromUrl?.[2] ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  return {
    label: `sqs:${queue}`,
    ...(/^https?:\/\//u.test(queue) ? { url: queue } : { name: queue }),
    ...{ region: region ?? 'us-east-1', pollers, visibility, wait },
    ...(endpoint !== undefined && { endpoint }),
  };
}
