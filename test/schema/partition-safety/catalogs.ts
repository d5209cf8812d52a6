import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface EventCase {
  readonly optional?: boolean;
  readonly time?: unknown;
}

/** Writes a folder with an envelope and one schema a name, each of which requires the time itself. */
export async function writeCatalog(folder: string, events: Readonly<Record<string, EventCase>>): Promise<void> {
  await mkdir(join(folder, 'events'), { recursive: true });
  const envelope = {
    type: 'object',
    required: ['event_id', 'name'],
    properties: {
      event_id: { type: 'string', format: 'uuid' },
      name: { type: 'string', maxLength: 20 },
      occurred_at: { $ref: '#/$defs/time' },
      amount: { type: 'number', minimum: 0, maximum: 1000 },
    },
    $defs: { time: { type: ['string', 'null'], format: 'date-time' } },
  };
  await writeFile(join(folder, 'envelope.schema.json'), JSON.stringify(envelope));
  for (const [name, { optional, time = { type: 'string' } }] of Object.entries(events)) {
    const schema = {
      allOf: [{ required: optional === true ? [] : ['occurred_at'] }],
      properties: { occurred_at: time },
    };
    await writeFile(join(folder, 'events', `${name}.schema.json`), JSON.stringify(schema));
  }
}
