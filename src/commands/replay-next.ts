import type { StopReason } from '../flow/replay.js';
import type { NextCommand } from '../report/report.js';
import type { Invocation } from './command.js';
import { commandOf, typedFlags } from './typed-words.js';

/** What a run has left to do. */
export interface LeftOver {
  /** Why it stopped early; undefined when it did not. */
  readonly stoppedBy: StopReason | undefined;
  /** Whether a sink was not sent all of its events. */
  readonly isUnsent: boolean;
  /** Whether the answer to some event was lost. */
  readonly isUnknown: boolean;
  /** Whether its messages were acknowledged one by one: the same command goes on behind them. */
  readonly isQueue: boolean;
  /** The quarantine, when something is in it. */
  readonly quarantine: string | undefined;
}

/** The flags that a replay of the quarantine needs as they were given: those about sinks, events and state. */
const KEPT = new Set([
  ...['--to', '--jobs', '--max-rate', '--ledger', '--partitions-within', '--strict-id', '--schema', '--schema-map'],
  '--unknown-event',
  ...['--id', '--name', '--time', '--user', '--timezone', '--identical', '--config', '--state-dir'],
]);
const SWITCHES = new Set(['--strict-id']);

/** The commands to run next, most useful first: to copy, without secrets. */
export function nextCommands(
  { argv, args, config }: Pick<Invocation, 'argv' | 'args' | 'config'>,
  { stoppedBy, isUnsent, isUnknown, isQueue, quarantine }: LeftOver,
): NextCommand[] {
  const isWhole = (stoppedBy === undefined || stoppedBy.code === 'limit') && !isUnsent;
  const command = (words: readonly string[], why: string) => commandOf(words, why, config.secrets);
  const again = argv.filter((word) => word !== '--fresh');
  const next: NextCommand[] = [];
  if (!isWhole) next.push(command(again, whyAgain(args, stoppedBy)));
  else if (stoppedBy !== undefined && isQueue) {
    const stays = quarantine === undefined || argv.includes('--ack-rejected');
    const why = stays ? '' : '; what was refused stays in the queue and counts again, unless --ack-rejected removes it';
    next.push(command(again, `takes the next ones${why}`));
  }
  if (quarantine !== undefined) {
    const words = ['replay', quarantine, ...typedFlags(argv, KEPT, SWITCHES)];
    if (isUnknown) {
      const why = 'sends again what nobody knows of, and it may be there twice; skip takes it for delivered';
      next.push(command([...words, '--on-unknown', 'resend'], why));
    }
    next.push(command(words, 'delivers what was quarantined, once it is mended'));
  }
  return next;
}

function whyAgain(args: readonly string[], stoppedBy: StopReason | undefined): string {
  if (args.includes('-')) return 'with the same input from its start; what is there already counts as duplicate';
  if (stoppedBy?.code === 'canary') return 'goes on where this run stopped, once the fix is live';
  if (stoppedBy?.code === 'max_rejected') return 'goes on where this run stopped, once --max-rejected allows it';
  return 'goes on where this run stopped';
}
