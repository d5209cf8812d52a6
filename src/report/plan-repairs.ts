import type { Plan, PlannedRepair, RepairExample } from './plan.js';
import type { Sections } from './sections.js';
import { counted, shorten, thousands } from './text.js';

/** A line of a difference: what is gone, what has come. */
export interface DiffLine {
  readonly sign: '-' | '+';
  readonly text: string;
}

/** What repairs would do, rule by rule, each with a few events as they are and as they would be. */
export function repairLines({ repairs = [] }: Plan, { paint, width }: Sections): string[] {
  return repairs.flatMap(({ rule, events, examples }) => [
    `  ${thousands(events).padStart(7)}  ${rule}`,
    ...examples.flatMap((example) => [
      paint.dim(`           ${example.at} (${shorten(example.id, 40)})`),
      ...diffLines(example).map(({ sign, text }) => {
        const line = `           ${sign} ${shorten(text, width - 13)}`;
        return sign === '-' ? paint.red(line) : paint.green(line);
      }),
    ]),
  ]);
}

/** How many events repairs would change, make and leave out, in one sentence. */
export function repairSentence({ repaired = 0, added = 0, dropped = 0 }: Plan): string {
  const more = [
    ...(added > 0 ? [`${thousands(added)} added`] : []),
    ...(dropped > 0 ? [`${thousands(dropped)} left out`] : []),
  ];
  return [`${counted(repaired, 'event')} would be repaired`, ...more].join(', ');
}

/** The members that differ, as `/pointer: value`; whole events where one becomes several or none. */
export function diffLines({ before, after }: RepairExample): DiffLine[] {
  const [only] = after;
  if (after.length !== 1 || only === undefined) {
    return [{ sign: '-', text: before }, ...after.map((text): DiffLine => ({ sign: '+', text }))];
  }
  const [old, now] = [leaves(before), leaves(only)];
  const gone = [...old].filter(([pointer, value]) => now.get(pointer) !== value);
  const come = [...now].filter(([pointer, value]) => old.get(pointer) !== value);
  return [
    ...gone.map(([pointer, value]): DiffLine => ({ sign: '-', text: `${pointer}: ${value}` })),
    ...come.map(([pointer, value]): DiffLine => ({ sign: '+', text: `${pointer}: ${value}` })),
  ];
}

function leaves(json: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, pointer: string): void => {
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
      found.set(pointer, JSON.stringify(value));
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      walk(inner, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    }
  };
  walk(JSON.parse(json), '');
  return found;
}

/** One rule for a ticket: a heading line and a difference. */
export function repairMarkdown({ rule, events, examples }: PlannedRepair): string[] {
  const lines = examples.flatMap((example) => [
    `# ${example.at}`,
    ...diffLines(example).map(({ sign, text }) => `${sign} ${text}`),
  ]);
  return [`**${rule}**: ${counted(events, 'event')}`, '', '```diff', ...lines, '```', ''];
}
