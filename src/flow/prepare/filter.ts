import { UsageError } from '../../errors.js';
import type { EventCursor } from '../../event/event.js';
import { type CelProgram, openCel } from '../cel.js';
import type { FilterSpec } from './spec.js';

/** Decides which events a run is about. `error` says why the `where` expression could not be evaluated. */
export interface Filter {
  passes(event: EventCursor): boolean;
  /** Events on which the expression failed: they do not pass. */
  errors: number;
  firstError: string | undefined;
}

/**
 * Opens the filter of a run.
 * @throws UsageError when the CEL expression cannot be parsed.
 */
export async function createFilter(spec: FilterSpec): Promise<Filter> {
  const nameMatches = createNameMatcher(spec.events);
  const where = spec.where === undefined ? undefined : await compileWhere(spec.where);
  const sinceUs = spec.sinceUs ?? Number.NEGATIVE_INFINITY;
  const untilUs = spec.untilUs ?? Number.POSITIVE_INFINITY;
  const filter: Filter = {
    errors: 0,
    firstError: undefined,
    passes(event) {
      // An event without a usable time cannot be placed before or after: it goes on, and the sink names it.
      if (event.timeUs < sinceUs || event.timeUs >= untilUs) return false;
      if (nameMatches !== undefined && !nameMatches(event.name)) return false;
      return where === undefined || holds(where, event, filter);
    },
  };
  return filter;
}

function holds(where: CelProgram, event: EventCursor, filter: Filter): boolean {
  try {
    return where(contextOf(event)) === true;
  } catch (error) {
    filter.errors++;
    filter.firstError ??= error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return false;
  }
}

function contextOf(event: EventCursor): Record<string, unknown> {
  const time = Number.isNaN(event.timeUs) ? null : new Date((event.timeUs + event.timeRest) / 1_000);
  return { event: event.value, id: event.id, name: event.name, time };
}

/**
 * Compiles the expression of `--where`: the variables are `event`, `id`, `name` and `time`.
 * @throws UsageError when it is no CEL, or looks at what there is not.
 */
async function compileWhere(expression: string): Promise<CelProgram> {
  const compile = await openCel(['event', 'id', 'name', 'time']);
  try {
    return compile(expression);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--where is not a CEL expression: ${reason}`, {
      code: 'bad_where',
      hint: `for example --where 'event.properties.price > 10.0 && name == "purchase_completed"'`,
      cause: error,
    });
  }
}

/** Matches event names against globs in which `*` stands for any characters and `?` for one. */
function createNameMatcher(globs: readonly string[]): ((name: string) => boolean) | undefined {
  if (globs.length === 0) return undefined;
  const pattern = new RegExp(`^(?:${globs.map(globSource).join('|')})$`, 'su');
  const known = new Map<string, boolean>();
  return (name) => {
    let matches = known.get(name);
    if (matches === undefined) {
      matches = pattern.test(name);
      if (known.size < 10_000) known.set(name, matches);
    }
    return matches;
  };
}

function globSource(glob: string): string {
  return glob
    .replace(/[\\^$.|+()[\]{}/-]/gu, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
}
