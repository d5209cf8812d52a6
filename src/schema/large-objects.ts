import type { Ajv, CodeKeywordDefinition, ErrorObject, KeywordCxt, Name, ValidateFunction } from 'ajv';
import { require } from '../require.js';
import { isObject, type MutableObject } from './walk.js';

/** From so many members on, `properties` is not written out as code: ajv nests a block for each, until the stack is full. */
const MOST_WRITTEN_OUT = 500;

/** What a member's schema has to say; undefined when it has no address of its own. */
export type ValidatorOf = (schema: unknown) => ValidateFunction | undefined;

/**
 * Makes ajv check objects of thousands of members: their schemas are compiled one by one, when the first event has such a
 * member, so that neither the stack nor the memory is filled by those that no event has.
 */
export function addLargeObjects(ajv: Ajv, validatorOf: ValidatorOf): void {
  replaceCode(ajv, 'properties', (cxt, writeOut) => {
    if (Object.keys(cxt.schema).length <= MOST_WRITTEN_OUT) writeOut(cxt);
    else callMembers(cxt, membersChecker(cxt.schema, { validatorOf, tellsAll: cxt.it.allErrors === true }));
  });
  replaceCode(ajv, 'unevaluatedProperties', (cxt, writeOut) => {
    const { it, gen } = cxt;
    if (isObject(it.props) && Object.keys(it.props).length > MOST_WRITTEN_OUT && !isName(it.props)) {
      it.props = ajvParts().util.evaluatedPropsToName(gen, it.props as Record<string, true>); // no name, by the line above
    }
    writeOut(cxt);
  });
}

type Write = CodeKeywordDefinition['code'];

function replaceCode(ajv: Ajv, keyword: string, code: (cxt: KeywordCxt, writeOut: Write) => void): void {
  const rule = ajv.RULES.all[keyword];
  if (typeof rule !== 'object' || !('code' in rule.definition)) return;
  const { definition } = rule;
  const writeOut: Write = (cxt) => definition.code(cxt);
  rule.definition = { ...definition, code: (cxt: KeywordCxt) => code(cxt, writeOut) };
}

/** Writes a call of the checker, as ajv writes that of a `$ref`. */
function callMembers(cxt: KeywordCxt, check: ValidateFunction): void {
  const { _, nil } = ajvParts().ajv;
  const { code, names } = ajvParts();
  const { gen } = cxt;
  markEvaluated(cxt);
  const checker = gen.scopeValue('func', { ref: check });
  const errors = _`${checker}.errors`;
  cxt.result(code.callValidateCode(cxt, checker, nil), undefined, () => {
    const all = _`${names.vErrors} === null ? ${errors} : ${names.vErrors}.concat(${errors})`;
    gen.assign(names.vErrors, all).assign(names.errors, _`${names.vErrors}.length`);
  });
}

/** Tells `unevaluatedProperties` which members have been looked at: those that the event has, found as it is checked. */
function markEvaluated({ gen, it, data, schemaCode }: KeywordCxt): void {
  if (it.opts.unevaluated !== true || it.props === true) return;
  const { _ } = ajvParts().ajv;
  const { code, util } = ajvParts();
  const seen: Name = isName(it.props) ? it.props : util.evaluatedPropsToName(gen, it.props as Record<string, true>); // no name
  it.props = seen;
  gen.if(_`${seen} !== true`, () => {
    gen.assign(seen, _`${seen} || {}`);
    gen.forIn('key', data, (key) => {
      gen.if(code.isOwnProperty(gen, _`${schemaCode}` as Name, key), () => gen.assign(_`${seen}[${key}]`, true)); // only written out
    });
  });
}

interface Members {
  readonly validatorOf: ValidatorOf;
  readonly tellsAll: boolean;
}

function membersChecker(schemas: MutableObject, { validatorOf, tellsAll }: Members): ValidateFunction {
  const known = new Map<string, ValidateFunction | undefined>();
  const check = (data: MutableObject, context: { readonly instancePath: string }): boolean => {
    const errors: ErrorObject[] = [];
    for (const [key, value] of Object.entries(data)) {
      if (!Object.hasOwn(schemas, key) || schemas[key] === true) continue;
      if (!known.has(key)) known.set(key, validatorOf(schemas[key]));
      const instancePath = `${context.instancePath}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const validate = known.get(key);
      const place = { ...context, instancePath, parentData: data, parentDataProperty: key } as never; // as ajv hands on
      if (validate === undefined) errors.push(falseSchema(instancePath));
      else if (!validate(value, place)) errors.push(...(validate.errors ?? []));
      if (errors.length > 0 && !tellsAll) break;
    }
    Object.assign(check, { errors });
    return errors.length === 0;
  };
  return check as unknown as ValidateFunction; // ajv calls it and reads its errors, nothing else
}

/** What the schema `false` says of any value. */
export function falseSchema(instancePath: string): ErrorObject {
  return { keyword: 'false schema', instancePath, schemaPath: '#/false schema', params: {} };
}

function isName(value: unknown): value is Name {
  return value instanceof ajvParts().ajv.Name;
}

/** The parts of ajv that its own keywords are written with. */
function ajvParts() {
  return {
    ajv: require('ajv') as typeof import('ajv'), // `require` is untyped, here and below
    code: require('ajv/dist/vocabularies/code.js') as typeof import('ajv/dist/vocabularies/code.js'),
    util: require('ajv/dist/compile/util.js') as typeof import('ajv/dist/compile/util.js'),
    names: (require('ajv/dist/compile/names.js') as { default: typeof import('ajv/dist/compile/names.js').default })
      .default,
  };
}
