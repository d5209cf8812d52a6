import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diff } from '../../src/diff/diff.js';
import { createKnownLines } from '../../src/diff/known-lines.js';
import { createNames } from '../../src/diff/names.js';
import type { DiffExample, DiffOutcome } from '../../src/diff/outcome.js';
import { type DiffRules, type KeyRule, NO_RULES } from '../../src/diff/rules.js';
import { readSide, type Side } from '../../src/diff/side.js';
import { openPreparePool } from '../../src/flow/prepare/pool.js';
import type { DiffReport } from '../../src/report/diff-report.js';
import { openDump } from '../../src/sources/dump/dump.js';
import { fieldsOf } from '../support/batches.js';
import { type CliCall, respool } from '../support/cli.js';

const never = new AbortController().signal;
const encoder = new URL('../../dist/diff/row-encoder.cjs', import.meta.url).href;

/** How two sides are compared in a test. */
export interface Comparing {
  readonly rules?: Partial<DiffRules>;
  readonly key?: KeyRule;
  readonly noise?: readonly string[];
  readonly settledBeforeUs?: number;
  /** Whether lines of the left side are known again on the right; they are by default. */
  readonly knowsLines?: boolean;
}

/** What was found, with the ids of the events. */
export interface Compared extends DiffOutcome {
  /** What was remarked of each side. */
  readonly remarks: readonly Pick<Side, 'unreadable' | 'derivedIds' | 'withoutTime' | 'duplicateKeys' | 'lastUs'>[];
  readonly found: readonly { readonly kind: DiffExample['kind']; readonly class: string; readonly id: string }[];
}

const fields = fieldsOf();
/** Events that are known by their whole content have no id, as when the command chooses. */
const { id: _id, ...withoutId } = fields;

/** Compares files of NDJSON, given as their texts, in this process. */
export async function compareTexts(
  left: readonly string[],
  right: readonly string[],
  {
    rules = {},
    key = { kind: 'id' },
    noise = [],
    settledBeforeUs = Number.POSITIVE_INFINITY,
    knowsLines = true,
  }: Comparing = {},
): Promise<Compared> {
  const folder = await mkdtemp(join(tmpdir(), 'respool-diff-'));
  const seed = [1, 2, 3, 4];
  const names = createNames();
  const all = { ...NO_RULES, ...rules };
  // A side whose fields have other names is prepared in another way.
  const known = knowsLines && all.renames.length === 0 ? createKnownLines(0) : undefined;
  const read = async (texts: readonly string[], side: 'left' | 'right'): Promise<Side> => {
    const paths = texts.map((_, at) => join(folder, `${side}-${at}.ndjson`));
    await Promise.all(paths.map((path, at) => writeFile(path, texts[at] ?? '')));
    const source = await openDump(paths, { format: 'ndjson' });
    await using pool = await openPreparePool(
      {
        decoder: {
          module: new URL('../../dist/sources/dump/decode.cjs', import.meta.url).href,
          options: { cellTypes: {} },
        },
        fields: key.kind === 'content' ? withoutId : fields,
        timezone: 'UTC',
        identical: 'merge',
        filter: { events: [] },
        encoders: [
          { module: encoder, options: { rules: all, key, side: known ? 'left' : side, seed, known: known?.memory } },
        ],
      },
      0,
    );
    const lines = known && { known, isFirst: side === 'left' };
    return await readSide({ source, pool, names, folder, lines, signal: never, onProgress: () => undefined });
  };
  try {
    using a = await read(left, 'left');
    using b = await read(right, 'right');
    const found: { kind: DiffExample['kind']; class: string; id: string }[] = [];
    const outcome = await diff({
      left: a,
      right: b,
      names,
      rules: all,
      seed,
      timePlaces: ['/occurred_at'],
      noise,
      settledBeforeUs,
      mostExamples: 3,
      signal: never,
      onFound: (one) => {
        const side = one.left === undefined ? b : a;
        const place = one.left ?? one.right;
        const event = place === undefined ? {} : JSON.parse(side.texts.read(place).toString('utf8'));
        found.push({ kind: one.kind, class: one.class, id: String(event.event_id) });
      },
    });
    const remarks = [a, b].map(({ unreadable, derivedIds, withoutTime, duplicateKeys, lastUs }) => ({
      unreadable,
      derivedIds,
      withoutTime,
      duplicateKeys,
      lastUs,
    }));
    return { ...outcome, found, remarks };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs `respool diff … --output json` to its end. */
export async function diffCli(args: readonly string[], call: CliCall = {}) {
  const result = await respool(['diff', ...args, '--output', 'json'], call);
  return {
    ...result,
    get report(): DiffReport {
      if (result.stdout === '') throw new Error(`no report, exit ${result.status}: ${result.stderr}`);
      return JSON.parse(result.stdout);
    },
  };
}
