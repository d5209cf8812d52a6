import type { JsonObject } from '../../event/event.js';
import type { Given, Layer } from '../../event/layer.js';
import type { LetterFacts } from '../letter.js';
import { LETTER_MARK } from '../marks.js';
import type { Content, Opened } from '../unwrapper.js';
import { celeryContents, celeryLayer, isCeleryHeaders } from './celery.js';
import { defined, type Family, isObject, objectOf, textOf, timeOfMs } from './family.js';
import { errorInAttributes } from './sqs.js';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;
const UUID_LENGTH = 36;

/** One message of a queue, as drivers yield it and snapshots hold it. Its headers may say why it died. */
export const letter: Family = {
  name: 'letter',
  key: 'respool',
  open(line) {
    if (line.respool !== LETTER_MARK) return undefined;
    const { body } = line;
    const opened = openFacts(line, typeof body === 'string' ? () => body : undefined);
    return opened.contents.length > 0 ? opened : { ...opened, contents: [bodyOf(line)] };
  },
};

/** Opens a letter whose body stands by itself; without contents that body is what is in it. */
export function openLetter(facts: LetterFacts, body: () => string): Opened {
  return openFacts(facts, body);
}

type Facts = { readonly [name in keyof LetterFacts]?: unknown };

function openFacts(facts: Facts, body: (() => string) | undefined): Opened {
  const { kind, queue, origin, id, name, sentAt, failedAt, deliveries } = facts;
  const headers = facts.headers === undefined ? undefined : plainHeaders(facts.headers);
  const seen = headers === undefined ? NOTHING_SEEN : fromHeaders(headers);
  const layer: Layer = {
    kind: textOf(kind) ?? 'letter',
    ...defined({
      id: textOf(id),
      queue: textOf(origin) ?? seen.queue ?? textOf(queue),
      name: textOf(name) ?? seen.name,
      time: textOf(failedAt) ?? textOf(sentAt) ?? seen.time,
      deliveries: typeof deliveries === 'number' ? deliveries : undefined,
      error: errorOf(facts.error) ?? seen.error,
    }),
  };
  if (headers !== undefined && body !== undefined && isCeleryHeaders(headers)) {
    const task = celeryLayer(String(headers.task), String(headers.id), headers.retries);
    return {
      layer: { ...layer, ...task, kind: layer.kind },
      given: { id: String(headers.id) },
      contents: celeryContents(body()),
    };
  }
  const given: Given = { ...defined({ id: ownId(kind, queue, id) }), ...(headers && binaryCloudEvent(headers)) };
  return { layer, given, contents: [] };
}

/** Ids that are unique by themselves stay as they are; a number is one of its queue. */
function ownId(kind: unknown, queue: unknown, id: unknown): string | undefined {
  const text = textOf(id);
  const isPlain = text === undefined || (text.length === UUID_LENGTH && UUID.test(text));
  return isPlain ? text : JSON.stringify([kind, queue, text]);
}

function bodyOf({ body, bodyBase64 }: JsonObject): Content {
  if (typeof bodyBase64 === 'string') return { kind: 'base64', at: ['bodyBase64'] };
  if (typeof body === 'string') return { kind: 'string', text: body };
  return { kind: 'hold', code: 'empty_letter', message: 'the letter has no body' };
}

function errorOf(error: unknown): Layer['error'] {
  if (!isObject(error)) return undefined;
  const known = defined({ class: textOf(error.class), message: textOf(error.message) });
  return Object.keys(known).length === 0 ? undefined : known;
}

function plainHeaders(given: unknown): JsonObject {
  const headers = objectOf(given);
  if (!holdsObjects(headers)) return headers;
  return Object.fromEntries(
    Object.entries(headers).map(([key, value]) => {
      const { base64, StringValue, stringValue } = objectOf(value);
      return [key, base64 === undefined ? (StringValue ?? stringValue ?? value) : undefined];
    }),
  );
}

function holdsObjects(headers: JsonObject): boolean {
  for (const key in headers) if (isObject(headers[key])) return true;
  return false;
}

type Seen = Partial<Pick<Layer, 'queue' | 'name' | 'time' | 'error'>>;

const NOTHING_SEEN: Seen = {};

function fromHeaders(headers: JsonObject): Seen {
  const error = errorInAttributes(headers);
  if (error !== undefined) return { error, ...defined({ queue: textOf(headers.RULE_ARN) }) };
  if (headers['__connect.errors.topic'] !== undefined) return kafkaConnect(headers);
  if (headers['kafka_dlt-original-topic'] !== undefined) return springKafka(headers);
  const [death] = Array.isArray(headers['x-death']) ? headers['x-death'] : [];
  return isObject(death) ? xDeath(death, headers) : {};
}

/** Kafka Connect, `errors.deadletterqueue.context.headers.enable`. */
function kafkaConnect(headers: JsonObject): Seen {
  const at = (name: string) => textOf(headers[`__connect.errors.${name}`]);
  return defined({
    queue: at('topic'),
    name: at('connector.name'),
    error: defined({ class: at('exception.class.name'), message: at('exception.message') }),
  });
}

/** Spring Kafka's DeadLetterPublishingRecoverer; the cause is what was thrown, the outer exception is Spring's own. */
function springKafka(headers: JsonObject): Seen {
  const at = (name: string) => textOf(headers[`kafka_dlt-${name}`]);
  return defined({
    queue: at('original-topic'),
    error: defined({ class: at('exception-cause-fqcn') ?? at('exception-fqcn'), message: at('exception-message') }),
  });
}

/** RabbitMQ: newest death first. */
function xDeath(death: JsonObject, headers: JsonObject): Seen {
  const { '!': type, value } = objectOf(death.time);
  return defined({
    queue: textOf(headers['x-first-death-queue']) ?? textOf(death.queue),
    time: type === 'timestamp' && typeof value === 'number' ? timeOfMs(value * 1_000) : undefined,
    error: defined({ class: textOf(death.reason) }),
  });
}

const CLOUD_EVENT_VERSIONS = ['ce-', 'ce_', 'cloudEvents:', 'cloudEvents_'].map(
  (prefix) => [prefix, `${prefix}specversion`] as const,
);

/** A CloudEvent in binary mode: its attributes are headers (`ce-id` on HTTP, `ce_id` on Kafka, `cloudEvents:id` on AMQP). */
function binaryCloudEvent(headers: JsonObject): Given {
  for (const [prefix, version] of CLOUD_EVENT_VERSIONS) {
    if (headers[version] === undefined) continue;
    const at = (name: string) => textOf(headers[`${prefix}${name}`]);
    return { ...defined({ id: at('id'), name: at('type'), time: at('time') }), isEventId: true };
  }
  return {};
}
