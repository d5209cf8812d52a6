import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { UsageError } from '../../errors.js';
import { celCompiler } from './expression.js';
import { readOperations } from './read-operations.js';
import type { Rule, RuleTest } from './rule.js';
import { NodeReader } from './rule-nodes.js';

/** A file of rules, read and found to be right. */
export interface RuleFile {
  readonly rules: readonly Rule[];
  readonly tests: readonly RuleTest[];
}

/**
 * Reads a file of rules.
 * @param label how messages name the file.
 * @throws UsageError `bad_repair` with everything that is wrong, each with its line.
 */
export async function readRules(text: string, label: string): Promise<RuleFile> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const reader = new NodeReader(label, lines, document);
  for (const { message, pos } of document.errors) {
    const { line, col } = lines.linePos(pos[0]);
    reader.problems.push(`${label}:${line}:${col}: ${message}`);
  }
  const tests: RuleTest[] = [];
  const rules = reader.problems.length > 0 ? [] : await readDocument(reader, document.contents, tests);
  if (reader.problems.length === 0) return { rules, tests };
  throw new UsageError(
    reader.problems.length === 1
      ? (reader.problems[0] ?? '')
      : ['these rules cannot be used:', ...reader.problems].join('\n  '),
    { code: 'bad_repair', hint: `mend ${label} and run again; respool repair test ${label} tries it` },
  );
}

async function readDocument(reader: NodeReader, root: unknown, tests: RuleTest[]): Promise<Rule[]> {
  const members = reader.members(root, 'the file', ['rules', 'test']);
  const compile = await celCompiler();
  const rulesNode = members.get('rules');
  if (rulesNode === undefined) reader.refuse(root, 'there are no rules in it');
  const names = new Set<string>();
  const rules = (rulesNode === undefined ? [] : reader.items(rulesNode, 'rules')).map((node, index) => {
    const rule = readRule(reader, node, { index, tests });
    if (names.has(rule.name)) reader.refuse(node, `there is another rule called ${JSON.stringify(rule.name)}`);
    names.add(rule.name);
    return rule;
  });
  for (const { node, text } of reader.expressions) refuseUnusable(reader, node, () => compile(text));
  if (members.has('test')) tests.push(...readTests(reader, members.get('test') as Node, undefined)); // it is there
  return rules;
}

function readRule(
  reader: NodeReader,
  node: Node,
  { index, tests }: { readonly index: number; readonly tests: RuleTest[] },
): Rule {
  const members = reader.members(node, 'a rule', ['name', 'when', 'do', 'test']);
  const name = members.has('name') ? reader.text(members.get('name'), 'name') : undefined;
  const when = members.has('when') ? reader.cel(members.get('when'), 'when') : undefined;
  const rule = name ?? `rule ${index + 1}`;
  const work = members.get('do');
  const isEmpty = isSeq(work) && work.items.length === 0;
  if ((work === undefined && isMap(node)) || isEmpty)
    reader.refuse(work ?? node, 'the rule does nothing: it needs do:');
  const operations = work === undefined ? [] : readOperations(reader, work);
  const cases = members.get('test');
  if (cases !== undefined) tests.push(...readTests(reader, cases, rule));
  return { name: rule, ...(when !== undefined && { when }), operations };
}

function refuseUnusable(reader: NodeReader, node: Node, compile: () => unknown): void {
  try {
    compile();
  } catch (error) {
    reader.refuse(node, error instanceof Error ? error.message : String(error));
  }
}

function readTests(reader: NodeReader, node: Node, rule: string | undefined): RuleTest[] {
  return reader.items(node, 'test').flatMap((item) => {
    const members = reader.members(item, 'a test', ['before', 'after']);
    const before = members.get('before');
    const after = members.get('after');
    if (before === undefined || after === undefined) {
      reader.refuse(item, 'a test needs before: and after:');
      return [];
    }
    return [
      { rule, at: reader.placeOf(item), before: eventText(reader, before), after: afterTexts(reader, after, before) },
    ];
  });
}

/** An event as YAML, or as JSON in a text, which says digits exactly. */
function eventText(reader: NodeReader, node: Node): string {
  return isScalar(node) && typeof node.value === 'string' ? node.value : reader.json(node);
}

/** `null` is an event that is left out, a list are the events of a split, `unchanged` is what it was. */
function afterTexts(reader: NodeReader, node: Node, before: Node): string[] {
  if (isScalar(node) && node.value === null) return [];
  if (isScalar(node) && node.value === 'unchanged') return [eventText(reader, before)];
  if (isSeq(node)) return (node.items as Node[]).map((each) => eventText(reader, each)); // parsed, so nodes
  return [eventText(reader, node)];
}
