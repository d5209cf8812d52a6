import { badAddress, readAddressOptions } from '../address-options.js';

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** Which topic of which cluster. */
export interface KafkaAddress {
  /** What a user would type, without secrets and options. */
  readonly label: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  /** The consumer group that remembers what has been done. */
  readonly group: string;
  /** Seconds after which the group gives up a process that is silent. */
  readonly session: number;
  readonly tls: boolean;
  readonly login?: {
    readonly mechanism: (typeof MECHANISMS)[number];
    readonly username: string;
    readonly password: string;
  };
}

/** Seconds after which the group gives up a process that is silent. */
const SESSION = [1, 1_800, 30] as const;
const KNOWN = { numbers: { session: SESSION }, texts: ['group', 'tls', 'mechanism'] } as const;
const EXAMPLE = 'write kafka://host:9092/<topic>, with ?group=, ?tls=true or ?mechanism=scram-sha-512 behind it';

/**
 * Reads `kafka://[user:password@]host[:port][,host…]/<topic>[?group=respool&session=30&tls=true&mechanism=plain]`.
 * @throws UsageError `bad_source_address`.
 */
export function parseKafkaAddress(address: string): KafkaAddress {
  const match = /^kafka:\/\/(?:([^@/]*)@)?([^/?]+)\/([^/?]+)\??(.*)$/isu.exec(address);
  const [, user = '', hosts = '', topic = '', query = ''] = match ?? [];
  const shown = address.replace(/\/\/[^@/]*@/u, '//…@');
  if (match === null) throw badAddress(shown, 'it names no topic', EXAMPLE);
  const { group = 'respool', session, tls, mechanism = 'plain' } = readAddressOptions(shown, query, KNOWN);
  const known = MECHANISMS.find((name) => name === mechanism.toLowerCase());
  if (known === undefined) throw badAddress(shown, `there is no mechanism ${mechanism}`, MECHANISMS.join(', '));
  const [username = '', password = ''] = user.split(/:(.*)/su).map(decodeURIComponent);
  const name = decodeURIComponent(topic);
  return {
    label: `kafka://${hosts}/${name}`,
    brokers: hosts.split(',').map((host) => (/:\d+$/u.test(host) ? host : `${host}:9092`)),
    ...{ topic: name, group, session, tls: tls === 'true' || tls === '1' },
    ...(user !== '' && { login: { mechanism: known, username, password } }),
  };
}
