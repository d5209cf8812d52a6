import type { Rejection } from '../../sink.js';

const SHOWN_CHARACTERS = 60;

/** The event's value cannot be what the column holds: the SQLSTATE is the one that PostgreSQL would answer with. */
export function unfit(sqlstate: '22P02' | '22003' | '22007', column: string, reason: string): Rejection {
  return { kind: 'rejected', code: `sqlstate_${sqlstate}`, reason: `column ${column}: ${reason}` };
}

/** A value for a message, cut short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** The rejection with the place of the guilty value in the event. */
export function at(pointer: string, rejection: Rejection): Rejection {
  return pointer === '' ? rejection : { ...rejection, pointer };
}
