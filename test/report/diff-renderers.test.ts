import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DIFF_FORMATS, diffRenderers } from '../../src/report/diff-renderers.js';
import type { DiffReport } from '../../src/report/diff-report.js';
import { findChromium, openPage } from '../support/chromium.js';
import { differentReport, equalReport, unreadReport } from './diff-examples.js';

const style = { colors: false, columns: 100 };
const render = async (format: (typeof DIFF_FORMATS)[number], report: DiffReport) =>
  diffRenderers[format](report, style);

test.each(DIFF_FORMATS)('%s says equal, different and unread in other words', async (format) => {
  const texts = await Promise.all([equalReport, differentReport, unreadReport].map((report) => render(format, report)));
  expect(new Set(texts).size).toBe(3);
  for (const text of texts) expect(text === '' || text.endsWith('\n')).toBe(true);
});

test.each(['table', 'markdown', 'github', 'html'] as const)('%s calls only exit code 0 equal', async (format) => {
  expect(await render(format, equalReport)).toContain('Equal: 999 events');
  expect(await render(format, differentReport)).not.toContain('Equal');
  expect(await render(format, unreadReport)).not.toMatch(/Equal:/u);
  expect(await render(format, unreadReport)).toContain('not everything could be compared');
});

test('the table tells what differs where, without power over the terminal', async () => {
  const text = await render('table', differentReport);
  expect(text).toContain('Different: 2 missing, 1 extra, 2 changed; 1,003 and 1,002 events');
  expect(text).toContain('/properties/fee: 1 → 2');
  expect(text).toContain('missing (lost) · e1 · ship_arrived');
  expect(text).not.toContain('\u001b');
});

test('annotations stand at the lines of the files, and nothing in an event is a command', async () => {
  const lines = (await render('github', differentReport)).trimEnd().split('\n');
  expect(lines).toContainEqual(expect.stringMatching(/^::error file=old\/a\.ndjson,line=7,title=respool%3A lost::/u));
  expect(lines.every((line) => /^::(?:error|warning|notice) /u.test(line))).toBe(true);
});

test('JUnit has a case for each class, and errors for what could not be read', async () => {
  const different = await render('junit', differentReport);
  expect(different).toContain('tests="8" failures="6" errors="0"');
  expect(different).toContain('<testcase classname="respool.diff" name="no event is late"/>');
  expect(await render('junit', unreadReport)).toContain('failures="0" errors="2"');
  expect(await render('junit', equalReport)).toContain('tests="7" failures="0" errors="0"');
});

test('NDJSON has a line for each difference, finding and failure', async () => {
  const kinds = async (report: DiffReport) =>
    (await render('ndjson', report))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).kind);
  expect(await kinds(differentReport)).toEqual(['missing', 'changed', 'finding']);
  expect(await kinds(unreadReport)).toEqual(['failure', 'unreadable']);
  expect(await kinds(equalReport)).toEqual([]);
});

const browser = findChromium();

describe.skipIf(browser === undefined)('the page in a real browser', () => {
  test('draws its pictures, shows examples side by side, and asks for nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'respool-page-'));
    try {
      await writeFile(join(folder, 'report.html'), await render('html', differentReport));
      const { dom, complaints, colours } = await openPage(browser ?? '', folder, 'report.html');
      expect(complaints).toEqual([]);
      expect(dom.match(/<svg/gu)).toHaveLength(2);
      // Bars of what is missing, extra and changed are painted, and the mark of the verdict.
      expect(colours).toEqual(expect.arrayContaining(['194,65,12', '3,105,161', '161,98,7', '185,28,28']));
      expect(dom).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/u);
      expect(dom).toContain('old/a.ndjson:8');
      expect(dom).toContain('new/b.ndjson:9');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
