import { expect, test } from 'vitest';
import { createKnownLines } from '../../src/diff/known-lines.js';
import { createLineRecall } from '../../src/diff/line-recall.js';

const SEED = [1, 2, 3, 4];
const record = (line: string) => {
  const text = Buffer.from(`before ${line} behind`);
  return { text, start: 7, end: 7 + Buffer.byteLength(line), line: 0, offset: 0 };
};

/** Notes lines as the first side does; the words of row `n` are all `n`. */
function noted(lines: readonly string[], names = ['a', 'b']) {
  const known = createKnownLines(0);
  const recall = createLineRecall(known.memory, SEED);
  for (const [at, line] of lines.entries()) {
    const words = new Uint32Array(12).fill(at);
    recall.note(record(line), words, 8);
    known.add(words, 0, { timeUs: at + 0.5, name: at % 2 });
  }
  return { known, recall, tell: () => known.tell(names) };
}

test('a line is known by all of its bytes, once the first side has been read to its end', () => {
  const { recall, tell } = noted(['first', 'second', 'third']);
  expect(recall.recall(record('second'))).toBeUndefined();
  tell();
  expect(recall.recall(record('second'))).toEqual({ name: 'b', timeUs: 1.5 });
  const words = new Uint32Array(10);
  recall.copyRow(words, 1);
  expect([...words]).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
  for (const other of ['Second', 'second ', 'secon', '']) expect(recall.recall(record(other))).toBeUndefined();
});

test('lines beyond the room and names that do not fit are not known, and nothing else is lost', () => {
  const many = Array.from({ length: 2_000 }, (_, at) => `line ${at}`);
  const { recall, tell } = noted(many, ['a', 'b'.repeat(1 << 18)]);
  tell();
  const found = many.map((line) => recall.recall(record(line)) !== undefined);
  expect(found.slice(0, 768)).toEqual(found.slice(0, 768).map((_, at) => at % 2 === 0));
  expect(found.slice(768)).not.toContain(true);
});

test('lines that are mostly new are no longer looked up for a while', () => {
  const { recall, tell } = noted(['known']);
  tell();
  for (let at = 0; at < 256; at++) recall.recall(record(`new ${at}`));
  expect(recall.recall(record('known'))).toBeUndefined();
  for (let at = 0; at < 16_384; at++) recall.recall(record(`new ${at}`));
  expect(recall.recall(record('known'))).toBeDefined();
});
