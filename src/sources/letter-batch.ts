import { base64Of, isText, type Letter, type LetterFacts, letterLine, shownHeaders } from './letter.js';
import type { RawBatch } from './source.js';
import type { TellingBody } from './told-by-body.js';

/** What travels of a letter beside its body. */
export interface PackedFacts extends LetterFacts {
  readonly toldBy?: TellingBody;
  /** The body, where it is no text; then its stretch in the batch is empty. */
  readonly bodyBase64?: string;
}

type LetterBatch = Pick<RawBatch, 'format' | 'bytes' | 'spans'>;

const AS_BEFORE = '0';

/** Puts letters into one batch: their bodies as they are, behind one another, and beside them what the queue says. */
export function packLetters(letters: readonly Letter[]): Required<LetterBatch> {
  const bodies = letters.map(({ body }) => (isText(body) ? body : ''));
  const spans = new Uint32Array(2 * letters.length);
  let size = 0;
  for (const [index, body] of bodies.entries()) {
    spans[2 * index] = size;
    size += typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    spans[2 * index + 1] = size;
  }
  const bytes = new Uint8Array(size);
  const view = Buffer.from(bytes.buffer);
  for (const [index, body] of bodies.entries()) {
    const at = spans[2 * index] ?? 0;
    if (typeof body === 'string') view.write(body, at);
    else bytes.set(body, at);
  }
  return { format: { kind: 'letters', facts: factsOf(letters, bodies) }, bytes, spans };
}

/** One JSON text; what is the same as of the letter before is not said again. */
function factsOf(letters: readonly Letter[], bodies: readonly (string | Uint8Array)[]): string {
  let before = '';
  let last: Letter | undefined;
  const texts = letters.map((letter, index) => {
    const isHere = letter.body.length === 0 || bodies[index] === letter.body;
    if (isHere && last !== undefined && saysAsMuch(letter, last)) return AS_BEFORE;
    last = isHere ? letter : undefined;
    const text = JSON.stringify(packed(letter, isHere ? undefined : base64Of(letter.body)));
    if (text === before) return AS_BEFORE;
    before = text;
    return text;
  });
  return `[${texts.join(',')}]`;
}

/** Whether two letters say the same and nothing but a few words: where the body tells the rest, they all do. */
function saysAsMuch(letter: Letter, other: Letter): boolean {
  return (
    letter.toldBy !== undefined &&
    letter.toldBy === other.toldBy &&
    letter.kind === other.kind &&
    letter.queue === other.queue &&
    MEMBERS_TOLD.every((name) => letter[name] === undefined && other[name] === undefined)
  );
}

const MEMBERS_TOLD = [
  'origin',
  'id',
  'name',
  'sentAt',
  'failedAt',
  'deliveries',
  'error',
  'headers',
  'attributes',
] as const satisfies readonly (keyof LetterFacts)[];

/** Written out member by member: it is done for every message. */
function packed(letter: Letter, bodyBase64: string | undefined): { [name in keyof PackedFacts]: unknown } {
  return {
    kind: letter.kind,
    queue: letter.queue,
    origin: letter.origin,
    id: letter.id,
    name: letter.name,
    sentAt: letter.sentAt,
    failedAt: letter.failedAt,
    deliveries: letter.deliveries,
    error: letter.error,
    headers: shownHeaders(letter.headers),
    attributes: letter.attributes,
    toldBy: letter.toldBy,
    bodyBase64,
  } satisfies Record<keyof PackedFacts, unknown>;
}

/** What the queue says of each letter of a batch. */
export function unpackFacts(facts: string): PackedFacts[] {
  const all = JSON.parse(facts) as (PackedFacts | 0)[]; // as `packLetters` has written it
  let before: PackedFacts | undefined;
  return all.flatMap((each) => {
    if (each !== 0) before = each;
    return before ?? [];
  });
}

/** The batch with each of its letters on a line of its own, for whoever reads lines; any other batch as it is. */
export function withLetterLines<T extends LetterBatch>(batch: T): T {
  const { format, bytes, spans, ...rest } = batch;
  if (format.kind !== 'letters') return batch;
  const lines = unpackFacts(format.facts).map(({ bodyBase64, ...facts }, index) => {
    const inBatch = bytes.subarray(spans?.[2 * index], spans?.[2 * index + 1]);
    return letterLine({ ...facts, body: bodyBase64 === undefined ? inBatch : Buffer.from(bodyBase64, 'base64') });
  });
  const text = Buffer.from(lines.join(''));
  return { ...rest, format: { kind: 'ndjson' }, bytes: new Uint8Array(text) } as unknown as T; // the same batch, written otherwise
}
