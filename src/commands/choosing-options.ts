import { optional, repeatable } from './option.js';
import { time } from './time-values.js';
import { text } from './values.js';

/** Which events a command that reads sources is about. */
export const choosingOptions = {
  since: optional(
    { flag: '--since', value: 'time', summary: 'only events at or after this time', group: 'Choosing' },
    time,
  ),
  until: optional({ flag: '--until', value: 'time', summary: 'only events before this time', group: 'Choosing' }, time),
  event: repeatable(
    {
      flag: '--event',
      value: 'name',
      summary: 'only events of this name; * and ? stand for any text and character',
      group: 'Choosing',
    },
    text,
  ),
  where: optional(
    {
      flag: '--where',
      value: 'CEL',
      summary: 'only events for which this expression is true, such as event.amount > 10',
      group: 'Choosing',
    },
    text,
  ),
} as const;
