import { redact } from '../config/redact.js';
import type { StopReason } from '../flow/replay.js';
import type { NextCommand } from '../report/report.js';
import type { Invocation } from './command.js';

/** What a run has left to do. */
export interface LeftOver {
  /** Why it stopped early; undefined when it did not. */
  readonly stoppedBy: StopReason | undefined;
  /** Whether a sink was not sent all of its events. */
  readonly isUnsent: boolean;
  /** Whether the answer to some event was lost. */
  readonly isUnknown: boolean;
  /** The quarantine, when something is in it. */
  readonly quarantine: string | undefined;
}

/** Stands for what was taken out of a command, so that nobody takes it for the real thing. */
const PLACEHOLDER = '<secret>';

/** The flags that a replay of the quarantine needs as they were given: those about sinks, events and state. */
const KEPT = new Set([
  ...['--to', '--jobs', '--max-rate', '--ledger', '--partitions-within', '--strict-id', '--schema', '--unknown-event'],
  ...['--id', '--name', '--time', '--user', '--timezone', '--identical', '--config', '--state-dir'],
]);
const SWITCHES = new Set(['--strict-id']);

/** The commands to run next, most useful first: to copy, without secrets. */
export function nextCommands(
  { argv, args, config }: Pick<Invocation, 'argv' | 'args' | 'config'>,
  { stoppedBy, isUnsent, isUnknown, quarantine }: LeftOver,
): NextCommand[] {
  const isWhole = (stoppedBy === undefined || stoppedBy.code === 'limit') && !isUnsent;
  const command = (words: readonly string[]) =>
    ['respool', ...words.map((word) => quote(word, config.secrets))].join(' ');
  const again = argv.filter((word) => word !== '--fresh');
  const next: NextCommand[] = [];
  if (!isWhole) next.push(withSecrets({ command: command(again), why: whyAgain(args, stoppedBy) }));
  if (quarantine !== undefined) {
    const words = ['replay', quarantine, ...keptFlags(argv)];
    if (isUnknown) {
      const why = 'sends again what nobody knows of, and it may be there twice; skip takes it for delivered';
      next.push(withSecrets({ command: command([...words, '--on-unknown', 'resend']), why }));
    }
    next.push(withSecrets({ command: command(words), why: 'delivers what was quarantined, once it is mended' }));
  }
  return next;
}

function whyAgain(args: readonly string[], stoppedBy: StopReason | undefined): string {
  if (args.includes('-')) return 'with the same input from its start; what is there already counts as duplicate';
  if (stoppedBy?.code === 'canary') return 'goes on where this run stopped, once the fix is live';
  if (stoppedBy?.code === 'max_rejected') return 'goes on where this run stopped, once --max-rejected allows it';
  return 'goes on where this run stopped';
}

function withSecrets({ command, why }: NextCommand): NextCommand {
  return { command, why: command.includes(PLACEHOLDER) ? `${why}; put in what ${PLACEHOLDER} stands for` : why };
}

/** The kept flags and their values, as they were typed. */
function keptFlags(argv: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < argv.length && argv[at] !== '--'; at++) {
    const word = argv[at] ?? '';
    const [flag = ''] = word.split('=', 1);
    if (!KEPT.has(flag)) continue;
    kept.push(word);
    if (flag === word && !SWITCHES.has(flag)) kept.push(argv[++at] ?? '');
  }
  return kept;
}

function quote(word: string, secrets: readonly string[]): string {
  const shown = redact(word, secrets).replaceAll('***', PLACEHOLDER);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
