import type { Ajv, AnySchemaObject, FormatDefinition, Options } from 'ajv';
import { require } from '../require.js';
import { isPlainDateTime } from './date-time.js';
import type { Dialect } from './dialect.js';
import { regExp } from './pattern.js';

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
      return createDraft07(options).addMetaSchema(
        require('ajv/dist/refs/json-schema-draft-06.json') as AnySchemaObject,
      ); // a file of ajv's own
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
