import type { Layer } from '../../event/layer.js';
import { parseOrUndefined } from '../../event/parse-or-undefined.js';
import type { Content } from '../unwrapper.js';
import { type Family, isObject, textOf } from './family.js';

/** A task of Celery as Redis and SQS hold it (kombu): its body is `[args, kwargs, …]`, mostly in base64. */
export const celery: Family = {
  name: 'celery',
  key: 'content-encoding',
  open({ body, headers, properties }) {
    if (typeof body !== 'string' || !isObject(headers) || !isObject(properties)) return undefined;
    if (typeof headers.task !== 'string' || typeof headers.id !== 'string') return undefined;
    const text = properties.body_encoding === 'base64' ? Buffer.from(body, 'base64').toString() : body;
    return {
      layer: celeryLayer(headers.task, headers.id, headers.retries),
      given: { id: headers.id },
      contents: celeryContents(text),
    };
  },
};

/** What is known of a task by its headers. */
export function celeryLayer(task: string, id: string, retries: unknown): Layer {
  return {
    kind: 'celery',
    id,
    name: task,
    ...(typeof retries === 'number' && retries > 0 && { deliveries: retries + 1 }),
  };
}

/** Object arguments and the keyword arguments are events. */
export function celeryContents(text: string): Content[] {
  const body = parseOrUndefined(text);
  const [args, kwargs] = Array.isArray(body) ? (body as unknown[]) : [];
  if (!Array.isArray(args)) {
    return [{ kind: 'hold', code: 'no_event_in_job', message: 'the body of the task is not JSON of Celery (pickle?)' }];
  }
  const contents = [...args.entries()].flatMap(([index, arg]): Content[] =>
    isObject(arg) ? [{ kind: 'text', text, at: ['0', String(index)] }] : [],
  );
  if (isObject(kwargs) && Object.keys(kwargs).length > 0) contents.push({ kind: 'text', text, at: ['1'] });
  if (contents.length > 0) return contents;
  const message = 'the task has no object among its arguments, so there is no event in it: run it where it came from';
  return [{ kind: 'hold', code: 'no_event_in_job', message }];
}

/** Whether headers are those of a Celery task on AMQP, whose body has no envelope. */
export function isCeleryHeaders(headers: Readonly<Record<string, unknown>>): boolean {
  return headers.lang === 'py' && textOf(headers.task) !== undefined && textOf(headers.id) !== undefined;
}
