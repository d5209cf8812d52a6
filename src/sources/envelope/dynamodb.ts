import { elementSpans, keyText, locatePointer, memberSpans, type Span } from '../../event/locate.js';
import type { RawValue } from '../unwrapper.js';
import { defined, type Family, isObject, textOf } from './family.js';

/** A record of a DynamoDB stream: the event is the new image, as plain JSON with its digits kept. */
export const dynamoDbRecord: Family = {
  name: 'dynamodb-record',
  key: 'dynamodb',
  open({ eventID, eventName, eventSource, eventSourceARN, dynamodb }, raw) {
    if (eventSource !== 'aws:dynamodb' || !isObject(dynamodb)) return undefined;
    const id = textOf(eventID);
    const layer = { kind: 'dynamodb', ...defined({ id, queue: textOf(eventSourceARN), name: textOf(eventName) }) };
    const image = locatePointer(raw.text, raw, ['dynamodb', 'NewImage']);
    const text = image && plainMap(raw.text, image);
    if (text !== undefined) return { layer, given: defined({ id }), contents: [{ kind: 'text', text }] };
    const message =
      eventName === 'REMOVE'
        ? 'a removed item has no new image: there is no event in it'
        : 'the stream carries no new images: set its view type to NEW_IMAGE, or read the items from the table by their keys';
    return { layer, contents: [{ kind: 'hold', code: 'no_new_image', message }] };
  },
};

/** `{"Id": {"N": "101"}}` as `{"Id":101}`. */
function plainMap(text: Uint8Array, span: Span): string | undefined {
  const members = memberSpans(text, span);
  if (members === undefined) return undefined;
  return `{${members.map(({ key, value }) => `${slice(text, key)}:${plainValue(text, value)}`).join(',')}}`;
}

function plainValue(text: Uint8Array, span: Span): string {
  const [member] = memberSpans(text, span) ?? [];
  if (member === undefined) return slice(text, span);
  const inner = slice(text, member.value);
  switch (keyText(text, member.key)) {
    case 'N':
      return JSON.parse(inner) as string; // a number is written as a string of its digits
    case 'NULL':
      return 'null';
    case 'M':
      return plainMap(text, member.value) ?? inner;
    case 'L':
      return `[${(elementSpans(text, member.value) ?? []).map((each) => plainValue(text, each)).join(',')}]`;
    case 'NS':
      return `[${(JSON.parse(inner) as string[]).join(',')}]`; // a set of numbers is an array of strings of digits
    default:
      return inner;
  }
}

function slice({ buffer, byteOffset, byteLength }: RawValue['text'], { start, end }: Span): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8', start, end);
}
