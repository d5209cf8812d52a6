import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { replayRenderers } from '../../src/report/replay-renderers.js';
import { replayReport, sinkReport, troubled } from './examples.js';

const FAILURE = { part: 'sqs:orders-dlq', code: 'source_permission_denied', message: 'not allowed to delete' };
const style = { colors: false, columns: 80 };

test('the table of a troubled run is readable in 80 columns', async () => {
  const table = await replayRenderers.table(troubled, style);

  await expect(table).toMatchFileSnapshot('../../fixtures/report/troubled.txt');
  const commands = table.split('\nNext\n')[0] ?? '';
  expect(commands.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('the table of a clean run is short', async () => {
  const report = replayReport({ read: 8_273, sinks: [sinkReport({ accepted: 8_273 })] });

  expect(await replayRenderers.table(report, style)).toBe(`Done
replay 20190701-120000-abcd · 0.8 s

8,273 events read
┌──────────┬──────────┬───────────┬──────────┬─────────┬────────┐
│ sink     │ accepted │ duplicate │ rejected │ unknown │ unsent │
├──────────┼──────────┼───────────┼──────────┼─────────┼────────┤
│ postgres │    8,273 │         0 │        0 │       0 │      0 │
└──────────┴──────────┴───────────┴──────────┴─────────┴────────┘
`);
});

test.each([
  [
    { acked: 50, left: 3, ready: 53 },
    '53 messages ready at the start, 50 acknowledged, 3 that were received stay in it',
  ],
  [{ acked: 20, left: 0, ready: 53 }, '53 messages ready at the start, 20 acknowledged'],
  [{ acked: 0, left: 1, ready: 1 }, '1 message ready at the start, 0 acknowledged, 1 that was received stays in it'],
  [{ acked: 4, left: 0 }, '4 acknowledged'],
  [{ acked: 4, left: 0, elsewhere: 2 }, '4 acknowledged, 2 held elsewhere'],
])('what became of the messages of a queue is told: %o', async (counts, says) => {
  const report = replayReport({ source: { ...counts, label: 'sqs:dead' } });

  expect(await replayRenderers.table(report, { ...style, columns: 120 })).toContain(`\nsqs:dead: ${says}\n`);
  expect(await replayRenderers.markdown(report, style)).toContain(`\nsqs:dead: ${says}\n`);
});

test('colours change no text', async () => {
  const coloured = await replayRenderers.table(troubled, { ...style, colors: true });

  expect(coloured).toContain('\u001b[31m');
  expect(stripVTControlCharacters(coloured)).toBe(await replayRenderers.table(troubled, style));
});

test.each([
  [{ balanced: false, exitCode: 2 }, 'The numbers do not balance'],
  [
    { complete: false, stoppedBy: { code: 'interrupted', message: 'interrupted' }, exitCode: 130 },
    'Stopped: interrupted',
  ],
  [{ complete: false, exitCode: 4, sinks: [sinkReport({ unsent: 1 })] }, 'Incomplete: not every event has a verdict'],
  [{ complete: false, exitCode: 4, slices: { slices: 2, done: 1, failed: 0 } }, 'Incomplete: not every slice is done'],
  [
    { complete: false, exitCode: 2, failures: [FAILURE], read: 1 },
    'Incomplete: every event that was read has a verdict',
  ],
  [{ complete: false, exitCode: 3, failures: [FAILURE] }, 'Incomplete: nothing was read'],
  [{ source: { acked: 1, left: 0, elsewhere: 2 } }, 'Done with what could be received: 2 messages held elsewhere'],
  [{ exitCode: 4 }, 'Delivered, and what could not be removed comes back'],
  [{ exitCode: 1 }, 'Done, with findings'],
])('a run that is not clean says so first: %o', async (changes, says) => {
  const table = await replayRenderers.table(replayReport(changes), style);

  expect(table.split('\n')[0]).toContain(says);
  expect(await replayRenderers.markdown(replayReport(changes), style)).toMatch(/^## respool replay: (?!done\n)/);
});

test('only what came out of a queue may not have been removed from it', async () => {
  const changes = { complete: false, exitCode: 2, failures: [FAILURE], read: 1 } as const;
  const ofDump = await replayRenderers.table(replayReport({ ...changes, source: { acked: 0, left: 0 } }), style);
  const ofQueue = await replayRenderers.table(
    replayReport({ ...changes, source: { acked: 0, left: 0, ready: 3 } }),
    style,
  );

  expect(ofDump).not.toContain('removed from its queue');
  expect(ofQueue).toContain('removed from its queue');
});

test('two sinks of one kind are told apart by their addresses', async () => {
  const sinks = [sinkReport({ label: 'postgres://a/x' }), sinkReport({ label: 'postgres://b/x' })];
  const table = await replayRenderers.table(replayReport({ sinks }), { ...style, columns: 120 });

  expect(table).toContain('postgres://a/x');
  expect(table).toContain('postgres://b/x');
});

test('JSON holds plain numbers and every field', async () => {
  expect(JSON.parse(await replayRenderers.json(troubled, style))).toEqual(troubled);
});

test('Markdown says the same as the table', async () => {
  await expect(await replayRenderers.markdown(troubled, style)).toMatchFileSnapshot(
    '../../fixtures/report/troubled.md',
  );
});
