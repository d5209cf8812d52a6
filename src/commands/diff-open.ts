import { realpathSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { redact } from '../config/redact.js';
import { resolveSource } from '../config/resolve.js';
import { chooseIdentity, type DiffIdentity } from '../diff/identity.js';
import type { DiffRules } from '../diff/rules.js';
import { UsageError } from '../errors.js';
import { parseSplitPointer } from '../event/locate.js';
import { formatPointer, parsePointer } from '../event/pointer.js';
import { type Peeked, peek } from '../flow/peek.js';
import { openSource } from '../sources/open.js';
import type { Source } from '../sources/source.js';
import type { Invocation } from './command.js';
import type { DiffOptions } from './diff.js';
import { unwrapperFor } from './unwrap-option.js';

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
    const split = options.split === undefined ? {} : { split: parseSplitPointer(options.split) };
    const shape = { ...split, ...unwrapperFor(options.unwrap) };
    const snapshots = new Map<string, string>();
    const look = async (word: string): Promise<Peeked> => {
      const source = await openSide(call, word, snapshots);
      closing.push(source);
      const peeked = await peek(source, shape, stop.finish);
      closing.splice(closing.indexOf(source), 1, peeked.source);
      return peeked;
    };
    const left = await look(leftWord);
    const right = await look(rightWord);
    const noise = options.noise === undefined ? undefined : await look(options.noise);
    const rules = rulesOf(options, [left.source, right.source]);
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
    const sides = [
      { source: left.source, other: right },
      { source: right.source, other: left },
    ];
    return {
      left: left.source,
      right: right.source,
      noise: noise?.source,
      rules,
      identity: { ...identity, warnings: [...identity.warnings, ...sides.flatMap(withoutColumn)] },
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

function openSide({ config, options, io }: Call, word: string, snapshots: Map<string, string>): Promise<Source> {
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
    snapshots,
  });
}

function rulesOf(options: DiffOptions, sides: readonly Source[]): DiffRules {
  return {
    ignore: options.ignore,
    only: options.only,
    tolerances: options.tolerance,
    ...(options.timeTolerance !== undefined && { timeToleranceUs: options.timeTolerance }),
    renames: options.map,
    numericStrings: options.numericStrings,
    nullIsMissing: options.nullIsMissing,
    columns: sides.flatMap(({ columns = [] }) => columns),
    timezone: options.timezone,
  };
}

/** A table cannot hold what it has no column for: then every event differs. */
function withoutColumn({ source, other }: { readonly source: Source; readonly other: Peeked }): string[] {
  if (source.columns === undefined || other.source.columns !== undefined) return [];
  const tops = new Set(source.columns.map(({ pointer }) => parsePointer(pointer)[0]));
  const members = new Set(other.samples.flatMap((sample) => Object.keys(sample)));
  const lacking = [...members].filter((member) => !tops.has(member)).map((member) => formatPointer([member]));
  if (lacking.length === 0) return [];
  const rest = lacking.length > 8 ? ` and ${lacking.length - 8} more` : '';
  return [`the table has no column for ${lacking.slice(0, 8).join(', ')}${rest}; --ignore leaves them out`];
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
