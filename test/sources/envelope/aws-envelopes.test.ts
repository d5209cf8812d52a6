import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharedData } from '../../support/shared-data.js';
import { unwrapAll } from './preparing.js';

const root = sharedData('aws-envelopes');
/** For each recorded file: the layers of every event, and why the others are held. Files that are one plain event are not named. */
const expected = new URL('./aws-envelopes.json', import.meta.url);

test.skipIf(!existsSync(root))(
  'every recorded envelope of AWS is opened, held with a reason, or left as it is',
  async () => {
    const outcomes: Record<string, readonly string[]> = {};
    let plain = 0;
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
      const text = name.endsWith('.json') ? compact(readFileSync(join(root, name), 'utf8')) : undefined;
      if (text === undefined) continue;
      const { events, held } = await unwrapAll(text);
      const isPlain = held.length === 0 && events.length === 1 && events[0]?.layers === undefined;
      if (isPlain) plain++;
      else {
        outcomes[name] = [
          ...events.map(({ layers }) => (layers ?? []).map(({ kind }) => kind).join(' > ')),
          ...held.map(({ layers, code }) => `${(layers ?? []).join(' > ')} held: ${code}`),
        ];
      }
      for (const { text: event } of isPlain ? events : []) expect(event).toBe(text);
    }
    const found = { plain, outcomes };
    if (process.env.RESPOOL_WRITE_FIXTURES) writeFileSync(expected, `${JSON.stringify(found, undefined, 2)}\n`);
    expect(found).toEqual(JSON.parse(readFileSync(expected, 'utf8')));
  },
);

/** On one line; undefined for the one recording that is no JSON. */
function compact(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
}
