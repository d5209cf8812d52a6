import type { Pointer } from '../../event/pointer.js';
import { type CelContext, celCompiler, type Expression, firstLine } from './expression.js';
import { operate } from './operate.js';
import type { Repairable, Repaired, Repairer } from './repairer.js';
import type { Operation, Rule } from './rule.js';

interface CompiledRule {
  readonly name: string;
  readonly when: Expression | undefined;
  readonly operations: readonly Operation[];
  readonly setsId: boolean;
}

/** Compiles rules. @throws UsageError `bad_repair` when an expression cannot be parsed. */
export async function openRules(rules: readonly Rule[], id: Pointer | undefined): Promise<Repairer> {
  const compile = await celCompiler();
  const expressions = new Map<string, Expression>();
  const expression = (cel: string) => {
    const known = expressions.get(cel) ?? compile(cel);
    expressions.set(cel, known);
    return known;
  };
  const compiled = rules.map(({ name, when, operations }): CompiledRule => {
    for (const operation of operations) if (operation.kind === 'compute') expression(operation.cel);
    const setsId = operations.some((operation) => isSame(targetOf(operation), id));
    return { name, when: when === undefined ? undefined : expression(when), operations, setsId };
  });
  return { repair: (event) => repairBy(compiled, event, expression) };
}

function repairBy(
  rules: readonly CompiledRule[],
  event: Repairable,
  expression: (cel: string) => Expression,
): Repaired | undefined {
  let texts: readonly Uint8Array[] = [event.json];
  const applied: string[] = [];
  let setsId = false;
  for (const rule of rules) {
    const before = texts;
    try {
      texts = before.flatMap((text) => applyRule(rule, text, { event, expression }));
    } catch (error) {
      return { texts: [], rules: [rule.name], setsId, failure: `${rule.name}: ${firstLine(error)}` };
    }
    if (isUnchanged(before, texts)) continue;
    applied.push(rule.name);
    setsId ||= rule.setsId;
  }
  return applied.length === 0 ? undefined : { texts, rules: applied, setsId };
}

interface Work {
  readonly event: Repairable;
  readonly expression: (cel: string) => Expression;
}

function applyRule(rule: CompiledRule, text: Uint8Array, { event, expression }: Work): readonly Uint8Array[] {
  if (rule.when !== undefined && !holds(rule.when, contextOf(event, text))) return [text];
  let texts: readonly Uint8Array[] = [text];
  for (const operation of rule.operations) {
    texts = texts.flatMap((each) =>
      operate(each, operation, (cel) => ({ expression: expression(cel), context: contextOf(event, each) })),
    );
  }
  return texts;
}

/** An expression that cannot be evaluated on an event (a field is missing) is not about it. */
function holds(when: Expression, context: CelContext): boolean {
  try {
    return when(context) === true;
  } catch {
    return false;
  }
}

function contextOf({ id, name, timeUs, layers }: Repairable, text: Uint8Array): CelContext {
  const time = Number.isNaN(timeUs) ? null : new Date(timeUs / 1_000);
  return { event: JSON.parse(Buffer.from(text).toString()), id, name, time, layers };
}

function isUnchanged(before: readonly Uint8Array[], after: readonly Uint8Array[]): boolean {
  return before.length === after.length && before.every((text, at) => Buffer.compare(text, after[at] ?? text) === 0);
}

function targetOf(operation: Operation): Pointer | undefined {
  if (operation.kind === 'rename' || operation.kind === 'copy') return operation.to;
  return 'at' in operation && operation.kind !== 'remove' && operation.kind !== 'splitArray' ? operation.at : undefined;
}

function isSame(a: Pointer | undefined, b: Pointer | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((token, at) => token === b[at]);
}
