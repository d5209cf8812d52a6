import type { Options } from 'amqplib';
import { didYouMean } from '../../../did-you-mean.js';
import { UsageError } from '../../../errors.js';

/** A queue of RabbitMQ and the way to its server. Holds a password: never print it. */
export interface AmqpAddress {
  readonly connection: Options.Connect;
  readonly queue: string;
  /** Host, port, vhost and queue. */
  readonly label: string;
  /** File of a certificate authority for `amqps:`. */
  readonly ca: string | undefined;
  /** How often a message may be given back before the server destroys it, where the user knows better. */
  readonly deliveryLimit: number | undefined;
  /** After this long the server takes unacknowledged messages back. */
  readonly consumerTimeoutMs: number;
}

const OPTIONS = ['queue', 'heartbeat', 'ca', 'delivery-limit', 'consumer-timeout'];
/** `consumer_timeout` of RabbitMQ (https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout). */
const CONSUMER_TIMEOUT_S = 30 * 60;
const HEARTBEAT_S = 30;

/**
 * Reads `amqp://user:password@host:5672/vhost?queue=<queue>`; an empty path is the vhost `/`.
 * @throws UsageError `bad_source_address` or `bad_source_option`.
 */
export function parseAmqpAddress(text: string): AmqpAddress {
  if (!URL.canParse(text)) throw badAddress('it is no URL');
  const url = new URL(text);
  for (const name of url.searchParams.keys()) refuseUnknown(name);
  const queue = url.searchParams.get('queue') ?? '';
  if (queue === '') throw badAddress('it names no queue');
  const isTls = url.protocol === 'amqps:';
  const hostname = decode(url.hostname).replace(/^\[|\]$/gu, '') || 'localhost';
  const port = url.port === '' ? (isTls ? 5671 : 5672) : Number(url.port);
  const vhost = decode(url.pathname.slice(1)) || '/';
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  const path = vhost === '/' ? '' : encodeURIComponent(vhost);
  return {
    connection: {
      protocol: isTls ? 'amqps' : 'amqp',
      hostname,
      port,
      username: decode(url.username) || 'guest',
      password: decode(url.password) || 'guest',
      vhost,
      heartbeat: numberOf(url, 'heartbeat') ?? HEARTBEAT_S,
    },
    queue,
    label: `${url.protocol}//${host}:${port}/${path}?queue=${encodeURIComponent(queue)}`,
    ca: url.searchParams.get('ca') ?? undefined,
    deliveryLimit: numberOf(url, 'delivery-limit'),
    consumerTimeoutMs: (numberOf(url, 'consumer-timeout') ?? CONSUMER_TIMEOUT_S) * 1_000,
  };
}

function refuseUnknown(name: string): void {
  if (OPTIONS.includes(name)) return;
  throw new UsageError(`the source amqp: knows no option "${name}"`, {
    code: 'bad_source_option',
    hint: didYouMean(name, OPTIONS) ?? `options: ${OPTIONS.join(', ')}`,
  });
}

function numberOf(url: URL, name: string): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  throw new UsageError(`${name} of the source amqp: has to be a whole number, and is "${text}"`, {
    code: 'bad_source_option',
    hint: 'delivery-limit counts deliveries; heartbeat and consumer-timeout are seconds',
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badAddress('a % sign in it is not followed by two hex digits');
  }
}

function badAddress(why: string): UsageError {
  return new UsageError(`the address of the amqp: source cannot be read: ${why}`, {
    code: 'bad_source_address',
    hint: 'write amqp://user:password@host:5672/vhost?queue=<queue> (special characters as %XX; no path is the vhost /)',
  });
}
