import { badAddress, readAddressOptions } from '../address-options.js';

/** Which stream of which server. */
export interface NatsAddress {
  /** What a user would type, without secrets and options. */
  readonly label: string;
  readonly servers: readonly string[];
  readonly stream: string;
  /** The durable consumer that remembers what has been acknowledged. */
  readonly consumer: string;
  /** Only messages of this subject. */
  readonly subject?: string;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** A file of credentials. */
  readonly creds?: string;
  readonly tls: boolean;
  /** Seconds that a received message is ours without a word from us. */
  readonly ackWait: number;
}

const KNOWN = {
  numbers: { ackwait: [5, 3_600, 120] },
  texts: ['consumer', 'subject', 'creds', 'tls'],
} as const;
const EXAMPLE =
  'write nats://host:4222/<stream>, with ?consumer=, ?subject=, ?ackwait= (seconds), ?creds= or ?tls=true';

/**
 * Reads `nats://[user:password@]host[:port][,host…]/<stream>[?consumer=respool&subject=…&ackwait=120&creds=…&tls=true]`.
 * @throws UsageError `bad_source_address`.
 */
export function parseNatsAddress(address: string): NatsAddress {
  const match = /^nats:\/\/(?:([^@/]*)@)?([^/?]+)\/([^/?]+)\??(.*)$/isu.exec(address);
  const [, login = '', hosts = '', stream = '', query = ''] = match ?? [];
  const shown = address.replace(/\/\/[^@/]*@/u, '//…@');
  if (match === null) throw badAddress(shown, 'it names no stream', EXAMPLE);
  const { ackwait, consumer = 'respool', subject, creds, tls } = readAddressOptions(shown, query, KNOWN);
  const [user = '', pass] = login.split(/:(.*)/su).map(decodeURIComponent);
  const name = decodeURIComponent(stream);
  return {
    label: `nats://${hosts}/${name}`,
    servers: hosts.split(','),
    ...{ stream: name, consumer, ackWait: ackwait, tls: tls === 'true' || tls === '1' },
    ...(subject !== undefined && { subject }),
    ...(creds !== undefined && { creds }),
    ...(login !== '' && (pass === undefined ? { token: user } : { user, pass })),
  };
}
