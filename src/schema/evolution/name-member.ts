import { parsePointer } from '../../event/pointer.js';
import type { Pair } from './differences.js';
import { type Room, sampleWith } from './sample.js';
import type { Contest } from './witness.js';

const SIDES = ['after', 'before'] as const;

/**
 * The top-level member that holds the name of an event: as the schemas say it, or else the one that has the name in a
 * valid event. Undefined where the name lies deeper or cannot be told, and for events of all names.
 */
export function nameMember({ rooms, checkers }: Pick<Contest, 'rooms' | 'checkers'>): string | undefined {
  if (rooms.after.name === '') return undefined;
  const said = SIDES.map((side) => saidBy(rooms, side)).find((pointer) => pointer !== undefined);
  if (said !== undefined) return said.length === 1 ? said[0] : undefined;
  for (const side of SIDES) {
    const sample = sampleWith(checkers[side], rooms[side]) ?? {};
    const member = Object.keys(sample).find((key) => sample[key] === rooms[side].name);
    if (member !== undefined) return member;
  }
  return undefined;
}

function saidBy(rooms: Pair<Room>, side: 'before' | 'after'): readonly string[] | undefined {
  const { name } = rooms[side].schemas.catalog.annotation;
  if (name === undefined) return undefined;
  return name.startsWith('/') ? parsePointer(name) : [name];
}
