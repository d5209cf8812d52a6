import { createRequire } from 'node:module';
import type { Ajv, FormatDefinition, Options } from 'ajv';
import { UsageError } from '../errors.js';
import { dangerousPart } from './dangerous-pattern.js';
import { isPlainDateTime } from './date-time.js';
import type { Dialect } from './dialect.js';

const require = createRequire(import.meta.url);

/** Opens ajv for one draft, without schemas. It says what is first wrong, or, when `isThorough`, all and with values. */
export function createAjv(dialect: Dialect, isThorough: boolean): Ajv {
  const ajv = createBare(dialect, {
    strict: false,
    allErrors: isThorough,
    verbose: isThorough,
    messages: isThorough,
    logger: false,
    ownProperties: true,
    validateSchema: false,
    addUsedSchema: false,
    code: { regExp },
  });
  const { default: addFormats } = require('ajv-formats') as typeof import('ajv-formats'); // `require` is untyped
  const { fullFormats } = require('ajv-formats/dist/formats.js') as typeof import('ajv-formats/dist/formats.js'); // as above
  addFormats.default(ajv);
  const general = fullFormats['date-time'] as FormatDefinition<string>; // ajv-formats defines it as one over texts
  const isDateTime = general.validate as (text: string) => boolean; // and by a function
  return ajv.addFormat('date-time', {
    ...general,
    validate: (text: string) => isPlainDateTime(text) || isDateTime(text),
  });
}

// Everything is loaded when it is needed: most schemas need one draft only, and valid events none at all.
function createBare(dialect: Dialect, options: Options): Ajv {
  switch (dialect) {
    case 'draft-04': {
      const { default: Ajv04 } = require('ajv-draft-04') as typeof import('ajv-draft-04'); // `require` is untyped
      return new Ajv04(options);
    }
    case 'draft-06':
      return createDraft07(options).addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json'));
    case 'draft-07':
      return createDraft07(options);
    case '2019-09': {
      const { Ajv2019 } = require('ajv/dist/2019.js') as typeof import('ajv/dist/2019.js'); // `require` is untyped
      return new Ajv2019(options);
    }
    case '2020-12': {
      const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js'); // `require` is untyped
      return new Ajv2020(options);
    }
  }
}

function createDraft07(options: Options): Ajv {
  const { Ajv: Ajv07 } = require('ajv') as typeof import('ajv'); // `require` is untyped
  return new Ajv07(options);
}

/**
 * Patterns are Unicode ones, as JSON Schema wants; those that only the older syntax knows (`\-`) are taken as that.
 * @throws UsageError `dangerous_pattern` when a short text could keep it busy forever.
 */
export function regExp(pattern: string): RegExp {
  const part = dangerousPart(pattern);
  if (part !== undefined) throw dangerousPattern(pattern, part);
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return new RegExp(pattern);
  }
}

function dangerousPattern(pattern: string, part: string): UsageError {
  const message = `the pattern ${pattern} could take forever on some texts: what ${part} repeats can match in many ways`;
  return new UsageError(message, {
    code: 'dangerous_pattern',
    hint: 'let each text match in one way only: (a+)+ is a+',
  });
}

// For code that ajv would write to files, which is never done.
regExp.code = 'regExp';
