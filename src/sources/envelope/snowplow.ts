import type { JsonObject } from '../../event/event.js';
import type { Layer } from '../../event/layer.js';
import { parseOrUndefined } from '../../event/parse-or-undefined.js';
import type { Content, Opened } from '../unwrapper.js';
import { defined, type Family, isObject, objectOf, textOf, timeOfMs } from './family.js';

const BAD_ROW = 'iglu:com.snowplowanalytics.snowplow.badrows/';

/** A bad row of Snowplow: the event is the self-describing event in the payload of the collector. */
export const snowplow: Family = {
  name: 'snowplow',
  key: 'schema',
  open({ schema, data }) {
    if (typeof schema !== 'string' || !schema.startsWith(BAD_ROW) || !isObject(data)) return undefined;
    const kind = schema.slice(BAD_ROW.length).split('/')[0] ?? '';
    const { failure, payload } = data;
    const layer: Layer = {
      kind: 'snowplow',
      queue: 'snowplow',
      name: kind,
      error: { class: kind, ...defined({ message: reasonOf(objectOf(failure)) }) },
    };
    return openPayload(objectOf(payload), layer);
  },
};

function reasonOf({ messages, message }: JsonObject): string | undefined {
  if (typeof message === 'string') return message;
  return messages === undefined
    ? undefined
    : JSON.stringify(Array.isArray(messages) ? messages[0] : messages).slice(0, 500);
}

function openPayload({ raw, enriched }: JsonObject, layer: Layer): Opened {
  const parameters = parametersOf(objectOf(raw).parameters);
  const event =
    parameters.get('ue_pr') ?? decoded(parameters.get('ue_px')) ?? textOf(objectOf(enriched).unstruct_event);
  const id = parameters.get('eid') ?? textOf(objectOf(enriched).event_id);
  const inner = event === undefined ? undefined : selfDescribing(event);
  if (event === undefined || inner === undefined) {
    const message = 'the bad row holds no self-describing event: recover it with Snowplow event recovery';
    return { layer, contents: [{ kind: 'hold', code: 'snowplow_bad_row', message }] };
  }
  const content: Content = { kind: 'text', text: event, at: ['data', 'data'] };
  const time = timeOfMs(parameters.get('dtm'));
  return {
    layer: { ...layer, ...defined({ id, time }) },
    given: { ...defined({ id, name: inner.name, time }), isEventId: true },
    contents: [content],
  };
}

function parametersOf(parameters: unknown): ReadonlyMap<string, string> {
  const pairs = (Array.isArray(parameters) ? parameters : []).flatMap((each: unknown): [string, string][] => {
    const { name, value } = objectOf(each);
    return typeof name === 'string' && typeof value === 'string' ? [[name, value]] : [];
  });
  return new Map(pairs);
}

const decoded = (base64: string | undefined) => base64 && Buffer.from(base64, 'base64url').toString();

/** `{"schema": "…/unstruct_event/…", "data": {"schema": "iglu:vendor/name/jsonschema/1-0-0", "data": {…}}}` */
function selfDescribing(text: string): { readonly name: string } | undefined {
  const { schema, data } = objectOf(objectOf(parseOrUndefined(text)).data);
  return typeof schema === 'string' && isObject(data) ? { name: schema.split('/')[1] ?? '' } : undefined;
}
