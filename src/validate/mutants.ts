import { formatPointer } from '../event/pointer.js';
import { isObject } from '../flow/prepare/parse.js';

/** What was done to a valid event: a field left out, set to null, or given a value of another type. */
export type Mutation = 'drop' | 'null' | 'retype';

/** A valid event that was spoilt in one place. */
export interface Mutant {
  readonly mutation: Mutation;
  /** JSON Pointer to the place. */
  readonly pointer: string;
  readonly value: unknown;
}

const DEEPEST = 16;

/** Every mutant of a value: each member of each object in it is dropped, nulled and retyped, one at a time. */
export function* mutantsOf(value: unknown): Generator<Mutant> {
  yield* mutantsBelow(value, { path: [], rebuild: (changed) => changed });
}

interface Place {
  readonly path: readonly string[];
  /** The whole event with another value at this place. */
  readonly rebuild: (changed: unknown) => unknown;
}

function* mutantsBelow(value: unknown, { path, rebuild }: Place): Generator<Mutant> {
  if (path.length > DEEPEST) return;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (const [at, item] of items.entries()) {
      yield* mutantsBelow(item, {
        path: [...path, String(at)],
        rebuild: (changed) => rebuild(items.with(at, changed)),
      });
    }
    return;
  }
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    const place = [...path, key];
    const pointer = formatPointer(place);
    const { [key]: _dropped, ...others } = value;
    const replaced = (changed: unknown) => rebuild({ ...value, [key]: changed });
    yield { mutation: 'drop', pointer, value: rebuild(others) };
    if (member !== null) yield { mutation: 'null', pointer, value: replaced(null) };
    yield { mutation: 'retype', pointer, value: replaced(retyped(member)) };
    yield* mutantsBelow(member, { path: place, rebuild: replaced });
  }
}

/** A value of another type that is as plain as possible. */
function retyped(value: unknown): unknown {
  return typeof value === 'string' ? 4_711 : 'mutant';
}
