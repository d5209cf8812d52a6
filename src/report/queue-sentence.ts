import type { SourceReport } from './report.js';
import { counted, thousands } from './text.js';

/** What became of the messages of a queue: `sqs:orders-dlq: 53 messages at the start, 50 acknowledged, 3 stay in it`. */
export function queueSentence({ label, ready, acked, left, elsewhere = 0 }: SourceReport): string | undefined {
  if (ready === undefined && acked + left === 0) return undefined;
  const parts = [
    ...(ready === undefined ? [] : [`${counted(ready, 'message')} ready at the start`]),
    `${thousands(acked)} acknowledged`,
    ...(left === 0
      ? []
      : [`${thousands(left)} that ${left === 1 ? 'was received stays' : 'were received stay'} in it`]),
    ...(elsewhere === 0 ? [] : [`${thousands(elsewhere)} held elsewhere`]),
  ];
  return `${label ?? 'the queue'}: ${parts.join(', ')}`;
}
