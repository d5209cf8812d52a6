import { expect, test } from 'vitest';
import { renderValidateHtml } from '../../src/report/validate-html.js';
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

test('HTML keeps hostile text as text', () => {
  const page = renderValidateHtml(refused);

  expect(page).not.toMatch(/<script|<a |<img|\son\w+=/i);
  expect(elements(body(page), 'td').map(({ text }) => text)).toContain(
    '<&">\' \\u0000\\u001b[2J\\ud800\\u202e 100%\\r\\n::error::gone, ]]> ##[x] {0} [a](http://b) |`|',
  );
});

test('HTML loads nothing from outside and says so to the browser', () => {
  const page = renderValidateHtml(refused);

  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page).not.toMatch(/\b(src|href|srcset)=|url\(|@import/);
});

test('HTML draws problems by rule and invalid events by name, the longest bar as wide as the chart', () => {
  const charts = elements(body(renderValidateHtml(refused)), 'svg');

  expect(charts.map(({ attributes }) => attributes['aria-label'])).toEqual([
    'Problems by rule',
    'Invalid events by name',
  ]);
  const bars = charts.map((chart) => elements(chart, 'rect').map(({ attributes }) => attributes.width));
  expect(bars).toEqual([['400', '60'], ['400']]);
});

test('HTML of an empty report has a verdict and no table', () => {
  const page = body(renderValidateHtml(validateReport()));

  expect(elements(page, 'p')[0]).toMatchObject({ text: 'Passed: 0 events in 0 files' });
  expect(elements(page, 'table')).toEqual([]);
  expect(elements(page, 'svg')).toEqual([]);
});
