import { defined, type Family, isObject, textOf } from './family.js';

/** An event of EventBridge: `detail` is the event; its id, name and time are those of the envelope unless it has its own. */
export const eventBridge: Family = {
  name: 'eventbridge',
  key: 'detail-type',
  open(value) {
    const { id, source, account, region, time, resources, detail, 'detail-type': name } = value;
    const texts = [id, source, account, region, time, name];
    if (texts.some((text) => typeof text !== 'string') || !Array.isArray(resources) || !isObject(detail))
      return undefined;
    return {
      layer: {
        kind: 'eventbridge',
        ...defined({ id: textOf(id), queue: textOf(source), name: textOf(name), time: textOf(time) }),
      },
      given: { ...defined({ id: textOf(id), name: textOf(name), time: textOf(time) }), isEventId: true },
      contents: [{ kind: 'value', at: ['detail'] }],
    };
  },
};

/** A CloudEvent in structured mode (CloudEvents 1.0, JSON format): `data` is the event. */
export const cloudEvents: Family = {
  name: 'cloudevents',
  key: 'specversion',
  open({ specversion, id, source, type, time, data, data_base64 }) {
    const isOne = (specversion === '1.0' || specversion === '0.3') && typeof id === 'string';
    if (!isOne || typeof source !== 'string' || typeof type !== 'string') return undefined;
    const content =
      typeof data_base64 === 'string'
        ? ({ kind: 'base64', at: ['data_base64'] } as const)
        : isObject(data) || Array.isArray(data) || typeof data === 'string'
          ? ({ kind: 'value', at: ['data'] } as const)
          : undefined;
    // Without data the attributes are all there is: the CloudEvent itself is the event.
    if (content === undefined) return undefined;
    return {
      layer: { kind: 'cloudevents', id, queue: source, name: type, ...defined({ time: textOf(time) }) },
      given: { id, name: type, ...defined({ time: textOf(time) }), isEventId: true },
      contents: [content],
    };
  },
};
