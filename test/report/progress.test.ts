import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createProgress, type ProgressOptions, type Snapshot } from '../../src/report/progress.js';

function start(options: Partial<ProgressOptions> = {}) {
  const clock = { ms: 0 };
  const stream = new PassThrough();
  const progress = createProgress({
    stream,
    isTTY: false,
    quiet: false,
    verbose: false,
    now: () => clock.ms,
    ...options,
  });
  return { clock, progress, printed: () => String(stream.read() ?? '') };
}

function at(seconds: number, changes: Partial<Snapshot> = {}): Snapshot {
  return { read: 1000 * seconds, bytesRead: 500_000 * seconds, sinks: [], elapsedMs: 1000 * seconds, ...changes };
}

test('off a terminal the first line comes after two seconds, the next ones every five', () => {
  const { clock, progress, printed } = start();
  for (let second = 0; second <= 13; second++) {
    clock.ms = 1000 * second;
    progress.update(at(second, { bytesTotal: 50_000_000 }));
  }

  expect(printed()).toBe(`2 % · 2,000 events · 1,000/s · 500 kB/s · 1 min 38 s left
7 % · 7,000 events · 1,000/s · 500 kB/s · 1 min 33 s left
12 % · 12,000 events · 1,000/s · 500 kB/s · 1 min 28 s left
`);
});

test('off a terminal a line that has not changed is said again after a minute', () => {
  const { clock, progress, printed } = start();
  for (let second = 0; second <= 130; second++) {
    clock.ms = 1000 * second;
    progress.update(at(0));
  }

  expect(printed()).toBe('0 events\n'.repeat(3));
});

test('the rate is that of the last ten seconds, so a stall shows', () => {
  const { clock, progress, printed } = start();
  for (let second = 0; second <= 32; second++) {
    clock.ms = 1000 * second;
    progress.update(at(Math.min(second, 10)));
  }

  expect(printed().split('\n').at(-2)).toBe('10,000 events · 0/s · 0 B/s');
});

test('while no event has come through, nothing is said of how much is done and how fast, and nothing at all at first', () => {
  const { clock, progress, printed } = start();
  for (const ms of [0, 1000, 2000, 9000, 10_000]) {
    clock.ms = ms;
    progress.update(at(0, { bytesRead: 176_000, bytesTotal: 176_000 }));
  }

  expect(printed()).toBe('0 events\n');
});

test('a sink that waits is named with its reason, and one that lags with how much', () => {
  const { clock, progress, printed } = start();
  clock.ms = 2000;
  const sinks = [
    { name: 'postgres', settled: 990, inFlight: 10 },
    { name: 'mixpanel', settled: 400, inFlight: 600, waiting: 'rate limit, next try in 8 s' },
    { name: 'datadog', settled: 500, inFlight: 500 },
  ];
  progress.update(at(1, { sinks }));

  expect(printed()).toBe(
    '1,000 events · mixpanel waits: rate limit, next try in 8 s (600 behind) · datadog 500 behind\n',
  );
});

test('quiet says nothing, verbose says details', () => {
  const quiet = start({ quiet: true, verbose: true });
  quiet.clock.ms = 9000;
  quiet.progress.update(at(9));
  quiet.progress.note('note');
  quiet.progress.detail('detail');
  expect(quiet.printed()).toBe('');

  const normal = start();
  normal.progress.note('note');
  normal.progress.detail('detail');
  expect(normal.printed()).toBe('note\n');

  const verbose = start({ verbose: true });
  verbose.progress.detail('detail');
  expect(verbose.printed()).toBe('detail\n');
});

test('on a terminal one line moves, fits the width, and is gone at the end', async () => {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 40,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  });
  const progress = createProgress({ stream, isTTY: true, quiet: false, verbose: false, columns: 40, now: () => 0 });
  const deadline = Date.now() + 5000;
  let seen = '';
  while (!seen.includes('1,000 events') && Date.now() < deadline) {
    progress.update(
      at(1, { bytesTotal: 1_000_000, sinks: [{ name: 'a', settled: 0, inFlight: 900, waiting: 'x'.repeat(99) }] }),
    );
    await sleep(50);
    seen += String(stream.read() ?? '');
  }
  progress.stop();
  stream.read();
  await sleep(200);

  const plain = stripVTControlCharacters(seen);
  expect(plain).toContain('50 % · 1,000 events');
  expect(plain).toContain('…');
  expect(plain).not.toContain('x'.repeat(40));
  expect(stream.read()).toBeNull();
});

test('the rate is never negative: where counting begins anew, it is not known yet', () => {
  const { clock, progress, printed } = start();
  for (const second of [0, 4]) {
    clock.ms = 1000 * second;
    progress.update(at(second));
  }
  clock.ms = 10_000;
  progress.update(at(4, { bytesRead: 0 }));

  expect(printed()).toBe('4,000 events · 1,000/s · 500 kB/s\n4,000 events\n');
});

test('a terminal without a width gets plain lines', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 0 });
  const { clock, progress } = start({ stream, isTTY: true });
  clock.ms = 2000;
  progress.update(at(2));
  progress.stop();

  expect(String(stream.read())).toBe('2,000 events\n');
});
