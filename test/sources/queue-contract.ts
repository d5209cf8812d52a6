import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { QueueOptions } from '../../src/sources/context.js';
import { openSource } from '../../src/sources/open.js';
import type { PartFailure, RawBatch, Source } from '../../src/sources/source.js';
import { folderWith } from '../support/cli.js';
import { letterText } from '../support/letter-text.js';

/** A queue of dead letters on a real server, made for one test. */
export interface QueueUnderTest extends AsyncDisposable {
  /** As a user would type it. */
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  /** Puts messages into the queue the way they would die. */
  send(bodies: readonly string[]): Promise<void>;
  /** How many messages the server still has, held ones included. */
  waiting(): Promise<number>;
}

/** What a kind of queue cannot do, with the reason in its name. */
export interface QueueTraits {
  /** Nothing is ever removed from it: a stream that others read too. */
  readonly keepsEverything?: boolean;
  /** A message that is not removed holds back those behind it. */
  readonly keepsOrder?: boolean;
  /** A message that stays is passed over for good: only a prefix can be acknowledged. */
  readonly commitsOffsets?: boolean;
  /** It keeps JSON as values, not as text. */
  readonly rewritesJson?: boolean;
}

const OPTIONS: QueueOptions = { follow: false, keep: false, ackRejected: false, liveQueue: false, snapshot: undefined };
const bodies = Array.from({ length: 25 }, (_, n) => JSON.stringify({ event_id: `e${n}`, text: 'größer "als"\\n' }));
const byText = (a: string, b: string) => (a < b ? -1 : 1);
const bodiesInOrder = bodies.toSorted(byText);
const signal = new AbortController().signal;

/** What every queue promises, whatever server it is on. */
export function queueContract(name: string, make: () => Promise<QueueUnderTest>, traits: QueueTraits = {}): void {
  const removes = traits.keepsEverything !== true;
  const isFree = traits.keepsOrder !== true;
  const textsOf = (letters: readonly LetterLine[]) =>
    letters.map(({ body = '' }) => (traits.rewritesJson ? rewritten(body) : body)).toSorted(byText);
  describe(`the queue ${name}`, () => {
    test.runIf(isFree)(
      'yields what is there at the start, each message once and as it was sent, and ends',
      async () => {
        await using queue = await filled(make);
        await using source = await open(queue);
        const letters = await lettersOf(source);

        expect(textsOf(letters)).toEqual(bodiesInOrder);
        for (const letter of letters)
          expect(letter).toMatchObject({ kind: expect.any(String), queue: expect.any(String) });
      },
    );

    test.runIf(removes)('removes what every sink has taken, and counts what the server confirmed', async () => {
      await using queue = await filled(make);
      const source = await open(queue);
      await settleEach(source, (lines) => ({ takenLines: lines, quarantinedLines: [] }));

      expect(source.tally?.()).toMatchObject({ acked: bodies.length, left: 0 });
      await source[Symbol.asyncDispose]();
      expect(await queue.waiting()).toBe(0);
    });

    test.runIf(removes && isFree && !traits.commitsOffsets)(
      'leaves in the queue what lies in the quarantine',
      async () => {
        await using queue = await filled(make);
        const source = await open(queue);
        await settleEach(source, ([first = 0, ...rest]) => ({ takenLines: rest, quarantinedLines: [first] }));
        const { acked = 0, left = 0 } = source.tally?.() ?? {};
        await source[Symbol.asyncDispose]();

        expect(left).toBeGreaterThan(0);
        expect(acked + left).toBe(bodies.length);
        expect(await queue.waiting()).toBe(left);
      },
    );

    test.runIf(removes)('removes what lies in the quarantine with --ack-rejected', async () => {
      await using queue = await filled(make);
      const source = await open(queue, { ackRejected: true });
      await settleEach(source, (lines) => ({ takenLines: [], quarantinedLines: lines }));
      await source[Symbol.asyncDispose]();

      expect(await queue.waiting()).toBe(0);
    });

    test.runIf(isFree)('acknowledges nothing with --keep', async () => {
      await using queue = await filled(make);
      const source = await open(queue, { keep: true });
      await settleEach(source, (lines) => ({ takenLines: lines, quarantinedLines: [] }));

      expect(source.tally?.()).toMatchObject({ acked: 0, left: bodies.length });
      await source[Symbol.asyncDispose]();
      expect(await queue.waiting()).toBe(bodies.length);
    });

    test.runIf(isFree)('gives everything back when it is closed before anything was settled', async () => {
      await using queue = await filled(make);
      {
        await using source = await open(queue);
        for await (const _ of source.batches([], signal)) break;
      }
      await using again = await open(queue);

      expect(textsOf(await lettersOf(again))).toEqual(bodiesInOrder);
    });

    test.runIf(isFree)('writes every message into the snapshot before it is handed out, and once only', async () => {
      await using queue = await filled(make);
      await using folder = await folderWith();
      const snapshot = join(folder.path, 'letters.ndjson');
      for (let run = 0; run < 2; run++) {
        await using source = await open(queue, { keep: true, snapshot });
        for await (const batch of source.batches([], signal)) {
          const held = letterText(raw(batch));
          const written = await readFile(snapshot, 'utf8');
          for (const { id } of parse(held)) expect(written).toContain(`"id":${JSON.stringify(id)}`);
          await raw(batch).settle({ takenLines: linesOf(raw(batch)), quarantinedLines: [] });
        }
      }
      const kept = parse(await readFile(snapshot, 'utf8'));
      expect(textsOf(kept)).toEqual(bodiesInOrder);
    });
  });
}

/** As the bodies above are written: with their members in the order of the alphabet. */
function rewritten(body: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).toSorted()));
}

/** A queue with 25 messages in it. */
async function filled(make: () => Promise<QueueUnderTest>): Promise<QueueUnderTest> {
  const queue = await make();
  await queue.send(bodies);
  return queue;
}

function open({ address, env }: QueueUnderTest, options: Partial<QueueOptions> = {}): Promise<Source> {
  return openSource([address], { env, queue: { ...OPTIONS, ...options } });
}

async function settleEach(
  source: Source,
  outcome: (lines: readonly number[]) => Parameters<RawBatch['settle']>[0],
): Promise<void> {
  for await (const batch of source.batches([], signal)) await raw(batch).settle(outcome(linesOf(raw(batch))));
}

interface LetterLine {
  readonly id?: string;
  readonly body?: string;
}

async function lettersOf(source: Source): Promise<LetterLine[]> {
  const letters: LetterLine[] = [];
  for await (const batch of source.batches([], signal)) letters.push(...parse(letterText(raw(batch))));
  return letters;
}

function parse(text: string): LetterLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

function linesOf({ lines = 0 }: RawBatch): number[] {
  return Array.from({ length: lines }, (_, line) => line);
}

function raw(batch: RawBatch | PartFailure): RawBatch {
  if (batch.kind === 'failure') throw batch.error;
  return batch;
}
