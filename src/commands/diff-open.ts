import { realpathSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { redact } from '../config/redact.js';
import { resolveSource } from '../config/resolve.js';
import { chooseIdentity, type DiffIdentity } from '../diff/identity.js';
import type { DiffRules } from '../diff/rules.js';
import { UsageError } from '../errors.js';
import { parseSplitPointer } from '../event/locate.js';
import { parsePointer } from '../event/pointer.js';
import { type Peeked, peek } from '../flow/peek.js';
import { openSource } from '../sources/open.js';
import type { Source } from '../sources/source.js';
import type { Invocation } from './command.js';
import type { DiffOptions } from './diff.js';

type Call = Invocation<DiffOptions>;

/** Both sides, opened and looked at. */
export interface OpenDiff extends AsyncDisposable {
  readonly left: Source;
  readonly right: Source;
  /** Another run of the old pipeline. */
  readonly noise: Source | undefined;
  readonly rules: DiffRules;
  readonly identity: DiffIdentity;
  readonly jobs: number;
}

/**
 * Opens what is to be compared, and decides by which key.
 * @throws RespoolError with what the user does next.
 */
export async function openDiff(call: Call): Promise<OpenDiff> {
  const { args, options, stop } = call;
  const [leftWord = '', rightWord = ''] = args;
  refuseSameSides(call, leftWord, rightWord);
  const closing: AsyncDisposable[] = [];
  const close = async () => {
    for (const each of closing.toReversed()) await each[Symbol.asyncDispose]();
  };
  try {
    const split = options.split === undefined ? undefined : parseSplitPointer(options.split);
    const look = async (word: string): Promise<Peeked> => {
      const source = await openSide(call, word);
      closing.push(source);
      const peeked = await peek(source, split === undefined ? {} : { split }, stop.finish);
      closing.splice(closing.indexOf(source), 1, peeked.source);
      return peeked;
    };
    const left = await look(leftWord);
    const right = await look(rightWord);
    const noise = options.noise === undefined ? undefined : await look(options.noise);
    const rules = rulesOf(options);
    const { id, name, time } = options;
    const identity = chooseIdentity({
      flags: { id, name, time },
      config: call.config.fields,
      key: options.key.map(parsePointer),
      byContent: options.byContent,
      rules,
      left: { label: left.source.label, samples: left.samples },
      right: { label: right.source.label, samples: right.samples },
    });
    return {
      left: left.source,
      right: right.source,
      noise: noise?.source,
      rules,
      identity,
      jobs: options.jobs ?? cpus().length,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a side is called in messages: without secrets. */
export function sideLabel({ config }: Call, word: string): string {
  const { name, url } = resolveSource(word, config);
  return name ?? redact(url, config.secrets);
}

function openSide({ config, options, io }: Call, word: string): Promise<Source> {
  const { format, columns, delimiter, quote, brotli } = options;
  return openSource([resolveSource(word, config).url], {
    ...(format !== undefined && { format }),
    ...(columns !== undefined && { columns }),
    ...(delimiter !== undefined && { delimiter }),
    ...(quote !== undefined && { quote: quote ?? '' }),
    brotli,
    env: io.env,
    cellTypes: {},
    // Nothing is taken from a queue by looking at it.
    dryRun: true,
  });
}

function rulesOf(options: DiffOptions): DiffRules {
  return {
    ignore: options.ignore,
    only: options.only,
    tolerances: options.tolerance,
    ...(options.timeTolerance !== undefined && { timeToleranceUs: options.timeTolerance }),
    renames: options.map,
    numericStrings: options.numericStrings,
    nullIsMissing: options.nullIsMissing,
    instants: [],
    timezone: options.timezone,
  };
}

/** A source is always equal to itself: whoever compares it with itself has mixed something up. */
function refuseSameSides({ config }: Call, left: string, right: string): void {
  const [a, b] = [resolveSource(left, config).url, resolveSource(right, config).url];
  if (a !== b && identityOfFile(a) !== identityOfFile(b)) return;
  if (a !== b && identityOfFile(a) === undefined) return;
  throw new UsageError(`both sides are the same: ${left}${left === right ? '' : ` and ${right}`}`, {
    code: 'same_sides',
    hint: 'a source is always equal to itself; name what it should be held against',
  });
}

function identityOfFile(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(realpathSync(path));
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
