import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Comparing, compareTexts } from './comparing.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

interface Event {
  readonly event_id: string;
  readonly [member: string]: Json;
}

const word = fc.string({ unit: 'grapheme', maxLength: 6 });
const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const content = fc.dictionary(
  word.filter((key) => key !== 'event_id'),
  json,
  { maxKeys: 5 },
);
const ids = fc.uniqueArray(word, { minLength: 1, maxLength: 25 });

const events = ids.chain((all) =>
  fc.tuple(...all.map((id) => content.map((members): Event => ({ ...members, event_id: `id ${id}` })))),
);

/** What happens to an event on its way to the other side. */
type Fate = 'kept' | 'lost' | 'edited' | 'doubled';
const fate = fc.constantFrom<Fate>('kept', 'kept', 'kept', 'lost', 'edited', 'doubled');

test('what is reported is exactly what was edited, whatever the order, the files and the order of members', async () => {
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.infiniteStream(fate),
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 4 }),
      async (all, fates, numbers, files) => {
        const next = () => Number(numbers.next().value);
        const planned = all.map((event) => ({ event, fate: fates.next().value as Fate }));
        const right = planned.flatMap(({ event, fate: what }) => {
          if (what === 'lost') return [];
          if (what === 'edited') return [{ ...event, 'an edit': next() }];
          return what === 'doubled' ? [event, event] : [event];
        });
        const outcome = await compareTexts([lines(all)], split(shuffled(right.map(reordered), next), files, next));

        const idsOf = (what: Fate) => planned.filter((one) => one.fate === what).map(({ event }) => event.event_id);
        const foundOf = (kind: string) => outcome.found.filter((one) => one.kind === kind).map(({ id }) => id);
        expect(foundOf('missing').sort()).toEqual(idsOf('lost').sort());
        expect(foundOf('changed').sort()).toEqual(idsOf('edited').sort());
        expect(foundOf('extra').sort()).toEqual(idsOf('doubled').sort());
        expect(outcome.duplicates).toEqual({ left: 0, right: idsOf('doubled').length });
        expect(outcome.left).toBe(outcome.equal + outcome.changed + outcome.missing);
        expect(outcome.right).toBe(outcome.equal + outcome.changed + outcome.extra);
      },
    ),
    { numRuns: 60 },
  );
});

/** Lines of all kinds: plain, without id or time, with a key twice, in need of parsing, broken. */
const line = fc.tuple(fc.nat(6), fc.nat(3), fc.nat(2), fc.nat(9)).map(([id, value, name, form]) => {
  const members = `"name":"n${name}","occurred_at":"2020-01-0${value + 1}T00:00:00Z","v":${value}`;
  if (form === 0) return `{${members}}`;
  if (form === 1) return `{"event_id":"${id}","v":${value}}`;
  if (form === 2) return `{"event_id":"${id}",${members},"v":${value}}`;
  if (form === 3) return `{"event_id":"${id}",${members},"e":1e${value}}`;
  if (form === 4) return `{"event_id":"\\u003${id}",${members}}`;
  if (form === 5) return `{"event_id":"${id}",${members}`;
  return form === 6 ? ` {"event_id": "${id}", ${members}} ` : `{"event_id":"${id}",${members}}`;
});
const someRules = fc.constantFrom<Comparing>(
  {},
  { rules: { ignore: ['/v'] } },
  { rules: { numericStrings: true, tolerances: [{ place: '/v', by: '1' }] } },
  { key: { kind: 'content' } },
  { key: { kind: 'fields', pointers: [['name'], ['v']] } },
  { noise: ['/v'] },
  { settledBeforeUs: Date.UTC(2020, 0, 2) * 1_000 },
);

test('lines that are known again come to the same as lines that are parsed', async () => {
  const side = fc.array(line, { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(side, side, someRules, async (left, right, comparing) => {
      const texts = [[left.join('\n')], [right.join('\n')]] as const;
      const known = await compareTexts(...texts, { ...comparing, knowsLines: true });
      expect(known).toEqual(await compareTexts(...texts, { ...comparing, knowsLines: false }));
    }),
    { numRuns: 120 },
  );
});

test('two texts of one value are equal, however they are written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(content, { minLength: 1, maxLength: 10 }),
      fc.infiniteStream(fc.nat()),
      async (all, numbers) => {
        const next = () => Number(numbers.next().value);
        const left = all.map((members, at) => ({ ...members, event_id: `e${at}` }));
        const right = left.map((event) => written(reordered(event), next)).join('\n');
        expect(await compareTexts([lines(left)], [right])).toMatchObject({
          equal: all.length,
          changed: 0,
          missing: 0,
          extra: 0,
        });
      },
    ),
    { numRuns: 60 },
  );
});

const lines = (all: readonly Json[]) => all.map((event) => `${JSON.stringify(event)}\n`).join('');

function reordered<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, reordered(member)] as const);
  return Object.fromEntries(entries.reverse()) as T; // the same members
}

function shuffled<T>(all: readonly T[], next: () => number): T[] {
  return all
    .map((one) => ({ one, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

function split(all: readonly Event[], files: number, next: () => number): string[] {
  const parts: Event[][] = Array.from({ length: files }, () => []);
  for (const event of all) parts[next() % files]?.push(event);
  return parts.map(lines);
}

/** JSON with white space, escapes and exponents that say the same. */
function written(value: Json, next: () => number): string {
  const space = () => [' ', '\t', ''][next() % 3] ?? '';
  if (typeof value === 'string') return escaped(value, next);
  if (typeof value === 'number') return next() % 2 === 0 ? JSON.stringify(value) : exponential(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${space()}${value.map((item: Json) => written(item, next)).join(`${space()},`)}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${escaped(key, next)}${space()}:${written(member, next)}`,
  );
  return `{${members.join(`,${space()}`)}${space()}}`;
}

function escaped(text: string, next: () => number): string {
  if (next() % 3 > 0 || /[\ud800-\udfff]/u.test(text)) return JSON.stringify(text);
  const escapes = [...text].map((char) =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
  return `"${escapes.join('')}"`;
}

/** The same double with other digits: exact, because it is the double's own text that is moved. */
function exponential(value: number): string {
  const text = JSON.stringify(value);
  return /[eE]/u.test(text) ? text.replace(/e\+?/u, 'E') : text.includes('.') ? `${text}00` : `${text}.0e0`;
}
