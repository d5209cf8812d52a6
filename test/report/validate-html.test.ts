import { expect, test } from 'vitest';
import { renderValidateHtml } from '../../src/report/validate-html.js';
import { findChromium, openPage } from '../support/chromium.js';
import { folderWith } from '../support/cli.js';
import { refused, validateReport } from './validate-examples.js';
import { readXml, type XmlElement } from './validate-xml.js';

/** The page's body, held to the rules of XML, which are stricter than those of HTML. */
function body(page: string): XmlElement {
  const [, markup = ''] = /^(<body>.*<\/body>)$/ms.exec(page) ?? [];
  return readXml(markup);
}

function elements(root: XmlElement, name: string): XmlElement[] {
  return root.children.flatMap((child) => [...(child.name === name ? [child] : []), ...elements(child, name)]);
}

test('HTML keeps hostile text as text', async () => {
  const page = await renderValidateHtml(refused);

  expect(page).not.toMatch(/<script|<a |<img|\son\w+=/i);
  expect(elements(body(page), 'td').map(({ text }) => text)).toContain(
    '<&">\' \\u0000\\u001b[2J\\ud800\\u202e 100%\\r\\n::error::gone, ]]> ##[x] {0} [a](http://b) |`|',
  );
});

test('HTML loads nothing from outside and says so to the browser', async () => {
  const page = await renderValidateHtml(refused);

  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page).not.toMatch(/\b(src|href|srcset)=|url\(|@import/);
});

test('HTML draws invalid events by day, problems by rule and invalid events by name', async () => {
  const days = [{ day: '2026-02-27', invalid: 3 }, { day: '2026-03-01', invalid: 40 }, { invalid: 1 }];
  const charts = elements(body(await renderValidateHtml({ ...refused, days })), 'svg');
  const texts = (at: number) => elements(charts[at] as XmlElement, 'text').map(({ text }) => text); // one of three

  expect(charts.map(({ attributes }) => attributes['aria-label'])).toEqual([
    'Invalid events by day',
    'Problems by rule',
    'Invalid events by name',
  ]);
  expect(texts(0)).toEqual(expect.arrayContaining(['2026-02-27', '2026-02-28', '2026-03-01', 'no time', '40']));
  expect(texts(1)).toEqual(expect.arrayContaining(['enum', '40', 'type', '6']));
  expect(texts(2)).toContain('44');
});

test('HTML is opened by a real browser, which draws the charts and complains of nothing', async (context) => {
  const browser = findChromium();
  if (browser === undefined) return context.skip();
  const days = Array.from({ length: 20 }, (_, day) => ({ day: `2026-01-${day + 10}`, invalid: day }));
  await using folder = await folderWith({ 'report.html': await renderValidateHtml({ ...refused, days }) });
  const page = await openPage(browser, folder.path, 'report.html');

  expect(page.complaints).toEqual([]);
  expect(page.dom.match(/<svg role="img"/g)).toHaveLength(3);
  expect(page.colours).toContain('194,65,12');
  expect(page.colours.length).toBeGreaterThan(3);
});

test('HTML of an empty report has a verdict and no table', async () => {
  const page = body(await renderValidateHtml(validateReport()));

  expect(elements(page, 'p')[0]).toMatchObject({ text: 'Passed: 0 events in 0 files' });
  expect(elements(page, 'table')).toEqual([]);
  expect(elements(page, 'svg')).toEqual([]);
});
