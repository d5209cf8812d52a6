import type { Catalog } from '../catalog.js';
import type { Dialect } from '../dialect.js';
import { keywordsOf } from '../keywords.js';
import { isObject, type MutableObject } from '../walk.js';
import { resolveReference } from './resolve.js';

/** The name that all events in question have, and the way to it from the value that is looked at. */
export interface KnownName {
  readonly path: readonly string[];
  readonly value: string;
}

/** Where a schema is asked: what it refers to, its draft, and what is known of the value. */
interface Ground {
  readonly catalog: Catalog;
  readonly dialect: Dialect;
  readonly name?: KnownName | undefined;
}

interface Question extends Ground {
  readonly name: KnownName;
  readonly depth: number;
}

/** Yes, no, or undefined when other things than the name decide. */
type Answer = boolean | undefined;

const DEEPEST = 32;
const REMARKS = new Set(
  '$schema $id $comment $defs definitions title description default examples deprecated then else'.split(' '),
);

/** Whether a value in which the name stands fits a schema, as far as the name alone decides. */
export function fitsByName({ catalog, dialect, name }: Ground, schema: unknown): Answer {
  if (typeof schema === 'boolean') return schema;
  return name === undefined ? undefined : answer(schema, { catalog, dialect, name, depth: 0 });
}

/** What is known of a member, when the name stands in it. */
export function nameBelow(name: KnownName | undefined, member: string): KnownName | undefined {
  return name?.path[0] === member ? { ...name, path: name.path.slice(1) } : undefined;
}

function answer(schema: unknown, question: Question): Answer {
  if (typeof schema === 'boolean') return schema;
  if (!isObject(schema) || question.depth > DEEPEST) return undefined;
  const deeper = { ...question, depth: question.depth + 1 };
  return all(Object.entries(schema).map(([keyword, value]) => answerOf(keyword, value, { schema, question: deeper })));
}

interface Place {
  readonly schema: MutableObject;
  readonly question: Question;
}

function answerOf(keyword: string, value: unknown, { schema, question }: Place): Answer {
  // What is no keyword of the draft says nothing.
  if (!keywordsOf(question.dialect).has(keyword) || REMARKS.has(keyword)) return true;
  const each = () => (Array.isArray(value) ? value.map((part) => answer(part, question)) : [undefined]);
  switch (keyword) {
    case '$ref':
      return typeof value === 'string' ? answer(resolveReference(question.catalog, value), question) : undefined;
    case 'allOf':
      return all(each());
    case 'anyOf':
      return negated(all(each().map(negated)));
    case 'oneOf':
      return oneOf(each());
    case 'not':
      return negated(answer(value, question));
    case 'if':
      return all(conditionOf(schema, answer(value, question)).map((part) => answer(part, question)));
    default:
      return question.name.path.length === 0
        ? ofName(keyword, value, question.name)
        : ofHolder(keyword, value, question);
  }
}

function conditionOf({ then: whenTrue = true, else: otherwise = true }: MutableObject, holds: Answer): unknown[] {
  if (holds === undefined) return [whenTrue, otherwise].every((part) => part === true) ? [] : [undefined];
  return [holds ? whenTrue : otherwise];
}

/** What a keyword says of the name itself. */
function ofName(keyword: string, value: unknown, { value: name }: KnownName): Answer {
  if (keyword === 'const') return value === name;
  if (keyword === 'enum') return Array.isArray(value) && value.includes(name);
  if (keyword === 'type') return [value].flat().includes('string');
  if (keyword === 'minLength') return typeof value === 'number' && [...name].length >= value;
  if (keyword === 'maxLength') return typeof value === 'number' && [...name].length <= value;
  return undefined;
}

/** What a keyword says of an object that is known to hold the name. */
function ofHolder(keyword: string, value: unknown, question: Question): Answer {
  const { name } = question;
  const [head = '', ...path] = name.path;
  if (keyword === 'type') return [value].flat().includes('object');
  if (keyword === 'required') return Array.isArray(value) && value.every((one) => one === head) ? true : undefined;
  if (keyword !== 'properties' || !isObject(value)) return undefined;
  return all(
    Object.entries(value).map(([member, schema]) => {
      if (member === head) return answer(schema, { ...question, name: { ...name, path } });
      return schema === true ? true : undefined;
    }),
  );
}

function all(answers: readonly Answer[]): Answer {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function oneOf(answers: readonly Answer[]): Answer {
  const certain = answers.filter((each) => each === true).length;
  if (certain > 1 || answers.every((each) => each === false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function negated(one: Answer): Answer {
  return one === undefined ? undefined : !one;
}
