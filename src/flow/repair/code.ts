import { UsageError } from '../../errors.js';
import { type Pointer, valueAt } from '../../event/pointer.js';
import { firstLine } from './expression.js';
import { reconcile } from './reconcile.js';
import type { Repairable, Repaired, Repairer } from './repairer.js';
import type { RepairSpec } from './rule.js';

type Fix = (
  event: unknown,
  context: { readonly id: string; readonly name: string; readonly layers: unknown },
) => unknown;

/** Loads code that mends events. @throws UsageError `bad_repair` when it cannot be loaded or exports no function. */
export async function openCode(
  { module, name }: RepairSpec & { readonly kind: 'code' },
  id: Pointer | undefined,
): Promise<Repairer> {
  const fix = await load(module, name);
  return { repair: (event) => repairBy(fix, name, { event, id }) };
}

async function load(module: string, name: string): Promise<Fix> {
  const exported = await import(module).then(
    (loaded: { readonly default?: unknown }) => loaded.default,
    (cause: unknown) => {
      throw new UsageError(`${name} cannot be loaded: ${firstLine(cause)}`, {
        code: 'bad_repair',
        hint: 'it must be an ES module: export default (event) => event',
        cause,
      });
    },
  );
  if (typeof exported === 'function') return exported as Fix; // its result is checked at each call
  throw new UsageError(`${name} has no function as its default export`, {
    code: 'bad_repair',
    hint: 'write: export default (event) => event',
  });
}

function repairBy(
  fix: Fix,
  name: string,
  { event, id }: { readonly event: Repairable; readonly id: Pointer | undefined },
): Repaired | undefined {
  const json = Buffer.from(event.json).toString();
  const before: unknown = JSON.parse(json);
  const rules = [name];
  let result: unknown;
  try {
    result = fix(JSON.parse(json), { id: event.id, name: event.name, layers: structuredClone(event.layers) });
  } catch (error) {
    return { texts: [], rules, setsId: false, failure: `${name}: ${firstLine(error)}` };
  }
  const results = result === null ? [] : Array.isArray(result) ? (result as unknown[]) : [result];
  if (results.some((each) => typeof each !== 'object' || each === null || Array.isArray(each))) {
    const failure = `${name} must return an event, null, or an array of events`;
    return { texts: [], rules, setsId: false, failure };
  }
  const texts = results.map((each) => Buffer.from(reconcile(event.json, before, each)));
  if (texts.length === 1 && texts[0]?.equals(event.json) === true) return undefined;
  return { texts, rules, setsId: id !== undefined && valueAt(results[0], id) !== valueAt(before, id) };
}
