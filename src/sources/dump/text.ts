import { type ByteReader, chunksOf, fill, readChunks } from './byte-reader.js';

/** How the text of a file is written, told by its byte order mark. */
type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Looks for a byte order mark; without one the text is UTF-8. */
function encodingOf(head: Uint8Array): { readonly encoding: TextEncoding; readonly bomBytes: number } {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', bomBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bomBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bomBytes: 2 };
  return { encoding: 'utf-8', bomBytes: 0 };
}

/** The same text without its byte order mark; undefined when it is not UTF-8. */
export function unmarkedUtf8(text: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const { encoding, bomBytes } = encodingOf(text);
  return encoding === 'utf-8' ? text.subarray(bomBytes) : undefined;
}

/** The same text as UTF-8 without byte order mark; position 0 is its first character. */
export async function asUtf8(reader: ByteReader, head: Uint8Array): Promise<ByteReader> {
  const { encoding, bomBytes } = encodingOf(head);
  if (bomBytes > 0) await fill(reader, new Uint8Array(bomBytes));
  return encoding === 'utf-8' ? reader : transcoded(reader, encoding);
}

function transcoded(reader: ByteReader, encoding: 'utf-16le' | 'utf-16be'): ByteReader {
  const text = readChunks(toUtf8(chunksOf(reader, 64 * 1024), encoding === 'utf-16be'), () => reader.storedBytes);
  return {
    get storedBytes() {
      return reader.storedBytes;
    },
    read: text.read,
    skip: text.skip,
    async [Symbol.asyncDispose]() {
      await text[Symbol.asyncDispose]();
      await reader[Symbol.asyncDispose]();
    },
  };
}

async function* toUtf8(chunks: AsyncGenerator<Uint8Array>, isBigEndian: boolean): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = wholeCharacters(bytes, isBigEndian);
    rest = bytes.subarray(whole);
    yield encode(bytes.subarray(0, whole), isBigEndian);
  }
  if (rest.length === 0) return;
  const units = rest.length - (rest.length % 2);
  yield encode(rest.subarray(0, units), isBigEndian);
  // Half a code unit: a byte that is never valid UTF-8 has the record reported instead of losing it.
  if (units < rest.length) yield Uint8Array.of(0xff);
}

/** Keeps both halves of a surrogate pair together. */
function wholeCharacters(bytes: Uint8Array, isBigEndian: boolean): number {
  const units = bytes.length - (bytes.length % 2);
  const high = bytes[isBigEndian ? units - 2 : units - 1] ?? 0;
  return units > 0 && high >= 0xd8 && high <= 0xdb ? units - 2 : units;
}

function encode(units: Buffer, isBigEndian: boolean): Uint8Array {
  const text = (isBigEndian ? Buffer.from(units).swap16() : units).toString('utf16le');
  return /\p{Surrogate}/u.test(text) ? encodeSurrogates(text) : Buffer.from(text, 'utf8');
}

/** Writes lone surrogates as three bytes that are no valid UTF-8, so that the record is reported, not altered. */
function encodeSurrogates(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isLone = code >= 0xd800 && code <= 0xdfff;
    parts.push(
      isLone ? Uint8Array.of(0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)) : Buffer.from(character),
    );
  }
  return Buffer.concat(parts);
}
