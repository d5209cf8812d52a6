import { didYouMean } from '../../../did-you-mean.js';
import { UsageError } from '../../../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A queue in Redis and the way to its server. The URL may hold a password: never print it. */
export interface RedisAddress {
  /** `bullmq`, `sidekiq`, `resque`. */
  readonly scheme: string;
  /** What stands behind the scheme: the queue's name. */
  readonly queue: string;
  readonly url: string;
  readonly options: ReadonlyMap<string, string>;
}

const DEFAULT_URL = 'redis://127.0.0.1:6379';

/**
 * Reads `bullmq:<queue>?url=redis://…`; without `url` the server is the one in `REDIS_URL`, or the local one.
 * @throws UsageError `bad_source_address` or `bad_source_option`.
 */
export function parseRedisAddress(text: string, names: readonly string[], env: Environment): RedisAddress {
  const [, scheme = '', path = '', query = ''] = /^([a-z-]+):([^?]*)(?:\?(.*))?$/su.exec(text) ?? [];
  const options = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) options.set(checked(scheme, name, names), value);
  const queue = decode(scheme, path);
  if (queue === '') throw badAddress(scheme, 'it names no queue');
  const url = options.get('url') ?? env.REDIS_URL ?? DEFAULT_URL;
  if (!/^rediss?:\/\//iu.test(url) || !URL.canParse(url)) {
    throw badAddress(scheme, 'the address of its server is no redis:// or rediss:// URL');
  }
  return { scheme, queue, url, options };
}

function checked(scheme: string, name: string, names: readonly string[]): string {
  const each = ['url', ...names];
  if (each.includes(name)) return name;
  throw new UsageError(`the source ${scheme}: knows no option "${name}"`, {
    code: 'bad_source_option',
    hint: didYouMean(name, each) ?? `options: ${each.join(', ')}`,
  });
}

function decode(scheme: string, path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw badAddress(scheme, 'a % sign in it is not followed by two hex digits');
  }
}

function badAddress(scheme: string, why: string): UsageError {
  return new UsageError(`the address of the ${scheme}: source cannot be read: ${why}`, {
    code: 'bad_source_address',
    hint: `write ${scheme}:<queue>, with the server in REDIS_URL or ?url=redis://host:6379/0 (& and ? in it as %26 and %3F)`,
  });
}
