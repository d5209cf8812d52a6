import { optional, toggle } from './option.js';
import { text } from './values.js';

const group = 'Queues';

/** How a queue is read and when its messages are acknowledged. */
export const queueOptions = {
  keep: toggle({ flag: '--keep', summary: 'acknowledge nothing: every message stays in the queue', group }),
  ackRejected: toggle({
    flag: '--ack-rejected',
    summary: 'remove also the messages that lie in the quarantine (asks first)',
    group,
  }),
  snapshot: optional(
    {
      flag: '--snapshot',
      value: 'file',
      summary: 'write every message, envelope included, to this file before anything else; it is itself a dump',
      group,
      completes: 'file',
    },
    text,
  ),
  follow: toggle({ flag: '--follow', summary: 'go on when what was in the queue at the start is done', group }),
  liveQueue: toggle({
    flag: '--live-queue',
    summary: 'read a queue that does not hold dead letters (asks first)',
    group,
  }),
} as const;
