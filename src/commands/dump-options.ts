import { optional, repeatable, toggle, withDefault } from './option.js';
import { character, characterOrNone, choice, field, fieldOrWhole, list, text, uriMapping } from './values.js';

const formats = ['ndjson', 'json', 'json-stream', 'csv', 'tsv', 'parquet', 'mixpanel-export'] as const;

/** How dumps are read: the same for every command that reads them. */
export const dumpOptions = {
  format: optional(
    {
      flag: '--format',
      value: 'format',
      summary: 'what the dumps are, instead of what their content says',
      group: 'Dumps',
      choices: formats,
    },
    choice(formats),
  ),
  columns: optional(
    {
      flag: '--columns',
      value: 'names',
      summary: 'column names of a CSV without a header line, between commas',
      group: 'Dumps',
    },
    list,
  ),
  delimiter: optional(
    { flag: '--delimiter', value: 'character', summary: 'what separates CSV cells', group: 'Dumps' },
    character,
  ),
  quote: optional(
    { flag: '--quote', value: 'character', summary: 'what quotes CSV cells, or none', group: 'Dumps' },
    characterOrNone,
  ),
  split: optional(
    {
      flag: '--split',
      value: 'pointer',
      summary: "where a record holds many events, such as /Records; '' when it is the array itself",
      group: 'Dumps',
    },
    fieldOrWhole,
  ),
  brotli: toggle({
    flag: '--brotli',
    summary: 'the dumps are brotli-compressed, whatever their names',
    group: 'Dumps',
  }),
} as const;

/** What events are checked against, and where their fields stand. */
export const checkOptions = {
  schema: optional(
    {
      flag: '--schema',
      value: 'path',
      summary: 'JSON Schema for all events, or a folder with one for each event name',
      group: 'Events',
      completes: 'file',
    },
    text,
  ),
  schemaMap: repeatable(
    {
      flag: '--schema-map',
      value: 'uri=path',
      summary: 'local copy of schemas that are referred to by a remote URI, or by one below it',
      group: 'Events',
    },
    uriMapping,
  ),
  unknownEvent: withDefault(
    {
      flag: '--unknown-event',
      value: 'verdict',
      summary: 'what becomes of events for which the schema folder has no file',
      group: 'Events',
      choices: ['accept', 'reject'],
      default: 'accept',
    },
    choice(['accept', 'reject']),
  ),
  id: optional(
    { flag: '--id', value: 'field', summary: 'field that holds the id: a name or a JSON Pointer', group: 'Events' },
    field,
  ),
  name: optional({ flag: '--name', value: 'field', summary: 'field that holds the name', group: 'Events' }, field),
  time: optional({ flag: '--time', value: 'field', summary: 'field that holds the time', group: 'Events' }, field),
  user: optional({ flag: '--user', value: 'field', summary: 'field that holds the user', group: 'Events' }, field),
} as const;
