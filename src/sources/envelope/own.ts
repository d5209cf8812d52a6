import type { JsonObject } from '../../event/event.js';
import type { Layer } from '../../event/layer.js';
import { QUARANTINE_MARK } from '../marks.js';
import type { Content } from '../unwrapper.js';
import { defined, type Family, isObject, objectOf, textOf } from './family.js';

/** A line of our own quarantine: the event in it is tried again, one attempt older. */
export const quarantine: Family = {
  name: 'quarantine',
  key: 'respool',
  open(line) {
    const { respool, attempts, problems, layers, event, raw, rawBase64, sink, kind, id, name, time } = line;
    if (respool !== QUARANTINE_MARK) return undefined;
    const { code, message, pointer } = objectOf(Array.isArray(problems) ? problems[0] : undefined);
    const error = defined({ class: textOf(code), message: textOf(message), pointer: textOf(pointer) });
    return {
      layer: { kind: 'quarantine', ...defined({ queue: textOf(sink) ?? textOf(kind), time: textOf(time) }), error },
      earlier: Array.isArray(layers) ? (layers.filter(isObject) as unknown as Layer[]) : [], // written by this program
      // What the event was called when it was refused it is called still, so that no sink takes it twice.
      given: { ...defined({ id: textOf(id), name: textOf(name), time: textOf(time) }), isEventId: true },
      attempts: typeof attempts === 'number' ? attempts : 1,
      contents: [contentOf({ event, raw, rawBase64 }, error)],
    };
  },
};

/** What had not been decodable is tried again; when it still is not, the reason is the old one. */
function contentOf({ event, raw, rawBase64 }: JsonObject, error: { class?: string; message?: string }): Content {
  if (event !== undefined) return { kind: 'value', at: ['event'] };
  const otherwise = {
    code: error.class ?? 'undecodable',
    message: error.message ?? 'it could not be decoded before either',
  };
  return typeof rawBase64 === 'string'
    ? { kind: 'bytes', bytes: Buffer.from(rawBase64, 'base64'), otherwise }
    : { kind: 'bytes', bytes: Buffer.from(textOf(raw) ?? ''), otherwise };
}
