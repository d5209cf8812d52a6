import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DoneStretch, Source } from '../../src/sources/source.js';
import { readSource, textsOf } from './reading.js';

/** What a source is run with: it opens the same input as often as it is asked to. */
export interface SourceUnderTest {
  readonly name: string;
  open(): Promise<Source>;
  /** The texts of all records of the input, in order. */
  readonly expected: readonly string[];
}

/** The promises that every source keeps. */
export function describeSource({ name, open, expected }: SourceUnderTest): void {
  describe(`${name} keeps the promises of a source`, () => {
    test('yields every record once and in order', async () => {
      await using source = await open();
      const reading = await readSource(source);

      expect(textsOf(reading)).toEqual(expected);
      expect(reading.failures).toEqual([]);
    });

    test('cuts each part into stretches that follow one another from 0', async () => {
      await using source = await open();
      const { stretches } = await readSource(source);

      for (const part of source.parts.keys()) {
        const own = stretches.filter((stretch) => stretch.part === part);
        expect(own.map(({ from }) => from)).toEqual([0, ...own.slice(0, -1).map(({ to }) => to)]);
      }
    });

    test('has the same label, parts and fingerprints when it is opened again', async () => {
      await using first = await open();
      await using second = await open();

      expect(await identityOf(second)).toEqual(await identityOf(first));
    });

    test('yields exactly what is not in the stretches that are done, with the same lines and offsets', async () => {
      await using source = await open();
      const whole = await readSource(source);

      await fc.assert(
        fc.asyncProperty(fc.subarray([...whole.stretches]), async (done) => {
          await using again = await open();
          const rest = await readSource(again, merged(done));
          const isOpen = ({ part, offset }: { part: number; offset: number }) =>
            !done.some((stretch) => stretch.part === part && stretch.from <= offset && offset < stretch.to);
          expect(rest.records).toEqual(whole.records.filter(isOpen));
          expect(rest.problems).toEqual(whole.problems.filter(isOpen));
        }),
        { numRuns: 30 },
      );
    });

    test('stops with the reason of the signal', async () => {
      await using source = await open();
      const stop = new AbortController();
      const read = async () => {
        for await (const _ of source.batches([], stop.signal)) stop.abort(new Error('stopped'));
      };

      stop.abort(new Error('stopped'));
      await expect(read()).rejects.toThrow('stopped');
    });
  });
}

async function identityOf(source: Source) {
  const parts = await Promise.all(
    source.parts.map(async (part) => ({
      label: part.label,
      bytes: part.bytes,
      fingerprint: await part.fingerprint(),
    })),
  );
  return { label: source.label, parts };
}

/** Neighbours become one, as a run keeps them. */
function merged(stretches: readonly DoneStretch[]): DoneStretch[] {
  const list: DoneStretch[] = [];
  for (const stretch of stretches) {
    const last = list.at(-1);
    if (last?.part === stretch.part && last.to === stretch.from) {
      list[list.length - 1] = { ...last, to: stretch.to, lines: last.lines + stretch.lines };
    } else list.push(stretch);
  }
  return list;
}
