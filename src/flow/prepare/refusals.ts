import type { Cursor } from './cursor.js';
import type { TextProblem } from './parse.js';
import type { HeldProblem } from './spec.js';

/** What is said of a record that has no array where `--split` says. */
export function nothingToSplit(pointer: readonly string[]): HeldProblem {
  const message = `--split names ${pointerText(pointer)}, and there is no array in this record`;
  return { code: 'nothing_to_split', message };
}

/** What is said of JSON that is no object. */
export function notAnObject(value: unknown): TextProblem {
  const kind = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
  const way = Array.isArray(value) ? `; --split '' makes each element an event` : '';
  return { code: 'not_an_object', message: `an event is a JSON object, this is ${kind}${way}`, at: 0 };
}

const pointerText = (pointer: readonly string[]) => (pointer.length === 0 ? `''` : `/${pointer.join('/')}`);

/** Says that an event has been tried often enough, by its queues and by earlier runs together. */
export function tooOften(
  { attempts, layers }: Pick<Cursor, 'attempts' | 'layers'>,
  most: number | undefined,
): HeldProblem | undefined {
  if (most === undefined) return undefined;
  const tried = attempts + Math.max(0, ...layers.map(({ deliveries = 0 }) => deliveries));
  if (tried < most) return undefined;
  return { code: 'too_many_attempts', message: `it has been tried ${tried} times; --max-attempts is ${most}` };
}
