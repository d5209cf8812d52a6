import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { redact } from '../config/redact.js';
import { resolveSink } from '../config/resolve.js';
import { stateError, writeDurably } from '../flow/state/durable.js';
import type { DiffHealed, DiffReport } from '../report/diff-report.js';
import { worstExitCode } from '../report/exit-code.js';
import type { Progress } from '../report/progress.js';
import type { ReplayReport } from '../report/report.js';
import { counted } from '../report/text.js';
import { sinkSchemes } from '../sinks/open.js';
import type { Invocation } from './command.js';
import type { DiffOptions } from './diff.js';
import type { DiffEmit } from './diff-values.js';

type Call = Invocation<DiffOptions>;

interface Healing {
  readonly run: string;
  readonly progress: Progress;
  /** Compares both sides from the beginning and writes what is asked for. */
  readonly compareOnce: (writes: readonly DiffEmit[]) => Promise<DiffReport>;
}

/**
 * Compares, replays what is missing through the ordinary flow, and compares again. The report is that of the second
 * comparison. A comparison that could not be finished heals nothing: what it calls missing may only be unread.
 */
export async function healWith(call: Call, { run, progress, compareOnce }: Healing): Promise<DiffReport> {
  const { options } = call;
  const folder = join(options.stateDir, 'runs', run);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw stateError(error, folder);
  });
  const gap = join(folder, 'missing.ndjson');
  const first = await compareOnce([...options.emit, { kind: 'missing', path: gap }]);
  if (!first.complete || !first.balanced || first.missing === 0) return writeReceipt(folder, first);
  progress.note(`healing: ${counted(first.missing, 'missing event')} go to ${sinkLabel(call)}`);
  const replayed = await replayGap(call, gap);
  const second = await compareOnce([]);
  const emitted = (first.emitted ?? []).filter(({ path }) => path !== gap);
  return writeReceipt(folder, {
    ...second,
    ...(emitted.length > 0 && { emitted }),
    // Whatever the sink said: what counts is what the second comparison has found.
    exitCode: worstExitCode([second.exitCode, replayed.exitCode === 1 ? 0 : replayed.exitCode]),
    healed: healedOf(call, first, replayed),
    elapsedMs: first.elapsedMs + second.elapsedMs + replayed.elapsedMs,
  });
}

async function writeReceipt(folder: string, report: DiffReport): Promise<DiffReport> {
  await writeDurably(join(folder, 'receipt.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  return report;
}

function sinkLabel({ config, options }: Call): string {
  const { name, url } = resolveSink(options.heal ?? '', config, sinkSchemes);
  return name ?? redact(url, config.secrets);
}

function healedOf(call: Call, { missing, extra, changed }: DiffReport, { read, run, sinks }: ReplayReport): DiffHealed {
  const [sink] = sinks;
  const accepted = sink?.accepted ?? 0;
  const duplicate = sink?.duplicate ?? 0;
  return {
    sink: sinkLabel(call),
    sent: read,
    accepted,
    duplicate,
    failed: read - accepted - duplicate,
    receipt: join(call.options.stateDir, 'runs', run, 'receipt.json'),
    before: { missing, extra, changed },
  };
}

/** `respool replay` of the gap, past the ledger: the far side itself has said that it has not got these events. */
async function replayGap(call: Call, gap: string): Promise<ReplayReport> {
  const { replay } = await import('./replay.js');
  const typed = textsOf(call.options);
  const given = { name: '--heal', textOf: (flag: string) => typed.get(flag)?.at(-1) };
  const values = await Promise.all(
    Object.entries(replay.options).map(async ([name, option]) => {
      const { flag } = option.description;
      return [name, await option.read(typed.get(flag) ?? [], { ...given, name: flag })] as const;
    }),
  );
  const stdout = new Captured();
  const options = Object.fromEntries(values) as Parameters<typeof replay.run>[0]['options']; // one value for each of its options
  await replay.run({ ...call, options, args: [gap], io: { ...call.io, stdout } });
  return JSON.parse(stdout.text) as ReplayReport; // what `--output json` prints
}

/** The options of the replay as they would be typed. */
function textsOf(options: DiffOptions): ReadonlyMap<string, readonly string[]> {
  const { id, name, time, jobs, key } = options;
  const field = (flag: string, value: string | undefined): [string, string[]][] =>
    value === undefined ? [] : [[flag, [value]]];
  return new Map<string, readonly string[]>([
    ['--to', [options.heal ?? '']],
    ['--resend', ['true']],
    ['--fresh', ['true']],
    ['--quiet', ['true']],
    ['--yes', ['true']],
    ['--output', ['json']],
    ['--format', ['ndjson']],
    ['--state-dir', [options.stateDir]],
    ['--timezone', [options.timezone]],
    ...field('--id', id ?? (key.length === 1 ? key[0] : undefined)),
    ...field('--name', name),
    ...field('--time', time),
    ...field('--jobs', jobs === undefined ? undefined : String(jobs)),
  ]);
}

class Captured extends Writable {
  text = '';

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}
