import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inflateSync } from 'node:zlib';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--window-size=1000,1400', '--enable-logging=stderr'];

/** The browser on the PATH, or the one RESPOOL_TEST_CHROMIUM names; undefined, said loudly, when there is none. */
export function findChromium(): string | undefined {
  const names = process.env.RESPOOL_TEST_CHROMIUM === undefined ? NAMES : [process.env.RESPOOL_TEST_CHROMIUM];
  const found = names.find((name) => spawnSync(name, ['--version']).status === 0);
  if (found !== undefined) return found;
  if (process.env.CI === 'true') throw new Error('there is no Chromium on the PATH, and CI=true demands its tests');
  console.warn('SKIPPED: there is no Chromium on the PATH, so no report is opened in a browser');
  return undefined;
}

/** What a browser made of a page. */
export interface OpenedPage {
  readonly dom: string;
  /** What the page's console said. */
  readonly complaints: readonly string[];
  /** Colours that cover something of the picture: `194,65,12`. */
  readonly colours: readonly string[];
}

/** Opens a file of a folder in a headless browser, as a document and as a picture. */
export async function openPage(browser: string, folder: string, name: string): Promise<OpenedPage> {
  const url = pathToFileURL(join(folder, name)).href;
  const picture = join(folder, 'page.png');
  const profile = `--user-data-dir=${join(folder, 'profile')}`;
  const dumped = spawnSync(browser, [...FLAGS, profile, '--dump-dom', url], { encoding: 'utf8' });
  spawnSync(browser, [...FLAGS, profile, `--screenshot=${picture}`, url]);
  const complaints = dumped.stderr.split('\n').filter((line) => line.includes('CONSOLE'));
  return { dom: dumped.stdout, complaints, colours: coloursOf(readFileSync(picture)) };
}

/** The colours of a PNG with eight bits a channel, as Chromium writes it. */
function coloursOf(png: Buffer): readonly string[] {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const channels = png[25] === 6 ? 4 : 3;
  const rows = inflateSync(Buffer.concat(dataChunks(png)));
  const colours = new Set<string>();
  const stride = width * channels;
  let above: Buffer = Buffer.alloc(stride);
  for (let y = 0; y < height; y++) {
    const at = y * (stride + 1);
    above = unfiltered(rows.subarray(at + 1, at + 1 + stride), { above, channels, filter: rows[at] ?? 0 });
    for (let x = 0; x < stride; x += channels) colours.add(`${above[x]},${above[x + 1]},${above[x + 2]}`);
  }
  return [...colours];
}

function dataChunks(png: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') found.push(png.subarray(at + 8, at + 8 + length));
  }
  return found;
}

interface RowContext {
  readonly above: Buffer;
  readonly channels: number;
  readonly filter: number;
}

/** @see https://www.w3.org/TR/png-3/#9Filters */
function unfiltered(row: Buffer, { above, channels, filter }: RowContext): Buffer {
  const out = Buffer.alloc(row.length);
  for (let x = 0; x < row.length; x++) {
    const left = x < channels ? 0 : (out[x - channels] ?? 0);
    const up = above[x] ?? 0;
    const corner = x < channels ? 0 : (above[x - channels] ?? 0);
    const guesses = [0, left, up, (left + up) >> 1, paeth(left, up, corner)];
    out[x] = ((row[x] ?? 0) + (guesses[filter] ?? 0)) & 0xff;
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value)) as [number, number, number]; // of three
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
