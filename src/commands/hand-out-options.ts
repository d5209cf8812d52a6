import { optional, toggle } from './option.js';
import { text } from './values.js';

const group = 'Many machines';

/** How a command hands its work out to workers. @param what is handed out, as the help says it. */
export function handOutOptions(what: string) {
  return {
    queue: optional(
      {
        flag: '--queue',
        value: 'postgres://…',
        summary: `hand ${what} out to respool worker on any number of machines, over this database`,
        group,
      },
      text,
    ),
    detach: toggle({
      flag: '--detach',
      summary: 'with --queue: end once everything is handed out; the same command again watches',
      group,
    }),
  } as const;
}
