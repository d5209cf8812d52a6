import type { JsonObject } from '../../event/event.js';
import type { Layer } from '../../event/layer.js';
import { elementSpans, keyText, memberSpans, type Span } from '../../event/locate.js';
import type { Content, RawValue } from '../unwrapper.js';
import { defined, type Family, isObject, objectOf, textOf, timeOfMs } from './family.js';

const WRAPPERS = new Set(['Sidekiq::ActiveJob::Wrapper', 'ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper']);

/** A job of Sidekiq: its object arguments are the events. */
export const sidekiq: Family = {
  name: 'sidekiq',
  key: 'jid',
  open(value, raw) {
    const { class: name, args, jid, queue, error_class, error_message, failed_at, retry_count } = value;
    if (typeof name !== 'string' || !Array.isArray(args) || typeof jid !== 'string') return undefined;
    const isWrapped = WRAPPERS.has(name) && isObject(args[0]);
    const layer: Layer = {
      kind: 'sidekiq',
      id: jid,
      name: textOf(value.wrapped) ?? name,
      ...defined({ queue: textOf(queue), time: sidekiqTime(failed_at) }),
      ...(typeof retry_count === 'number' && { deliveries: retry_count + 1 }),
      ...(error_class !== undefined && {
        error: defined({ class: textOf(error_class), message: textOf(error_message) }),
      }),
    };
    const contents: Content[] = isWrapped ? [{ kind: 'value', at: ['args', '0'] }] : argumentsOf(args, raw, 'args');
    return { layer, given: { id: jid }, contents };
  },
};

/** Milliseconds since Sidekiq 8, seconds before. */
function sidekiqTime(time: unknown): string | undefined {
  return typeof time === 'number' ? timeOfMs(Math.round(time < 1e11 ? time * 1_000 : time)) : undefined;
}

/** A job of ActiveJob, whatever queue it lies in: its object arguments are the events, without Rails' own marks. */
export const activeJob: Family = {
  name: 'activejob',
  key: 'job_class',
  open(value, raw) {
    const { job_class, job_id, queue_name, executions, exception_executions, enqueued_at, arguments: args } = value;
    if (typeof job_class !== 'string' || typeof job_id !== 'string' || !Array.isArray(args)) return undefined;
    const exception = Object.keys(objectOf(exception_executions))[0]?.replace(/^\[|\]$/gu, '');
    return {
      layer: {
        kind: 'activejob',
        id: job_id,
        name: job_class,
        ...defined({ queue: textOf(queue_name), time: textOf(enqueued_at) }),
        ...(typeof executions === 'number' && executions > 0 && { deliveries: executions }),
        ...(exception !== undefined && { error: { class: exception } }),
      },
      given: { id: job_id },
      contents: argumentsOf(args, raw, 'arguments'),
    };
  },
};

/** The arguments that may be events; when none is, the job is held. */
function argumentsOf(args: readonly unknown[], raw: RawValue, at: string): Content[] {
  const spans = spansOf(args, raw, at);
  const contents = args.flatMap((arg, index): Content[] => {
    const here = [at, String(index)];
    if (Array.isArray(arg) && arg.some(isObject)) return [{ kind: 'each', at: here }];
    if (!isObject(arg) || isEmpty(arg) || isPointer(arg)) return [];
    const span = spans[index];
    if (span === undefined) return [{ kind: 'value', at: here }];
    return [holdsMarks(raw, span) ? { kind: 'text', text: withoutMarks(raw, span) } : { kind: 'span', span }];
  });
  if (contents.length > 0) return contents;
  const message = args.some((arg) => isObject(arg) && isPointer(arg))
    ? 'the job names a record of its application (a GlobalID) and holds no event: run it there'
    : 'the job has no object among its arguments, so there is no event in it: run it where it came from';
  return [{ kind: 'hold', code: 'no_event_in_job', message }];
}

/** Where the arguments stand. Of a single one it is known without reading through it. */
function spansOf(args: readonly unknown[], raw: RawValue, at: string): readonly Span[] {
  if (!raw.locate(at)) return [];
  const list = { start: raw.rawStart, end: raw.rawEnd };
  return args.length === 1 ? [{ start: list.start + 1, end: list.end - 1 }] : (elementSpans(raw.text, list) ?? []);
}

function isEmpty(value: JsonObject): boolean {
  for (const _ in value) return false;
  return true;
}

/** Whether Rails has noted anything in the value. */
function holdsMarks({ text }: RawValue, { start, end }: Span): boolean {
  return Buffer.from(text.buffer, text.byteOffset + start, end - start).includes('"_aj_');
}

const isPointer = (arg: JsonObject) => Object.hasOwn(arg, '_aj_globalid');

/** The value without what Rails notes in it; what Rails serialised is its plain value again. Digits are kept. */
function withoutMarks(raw: RawValue, span: Span): string {
  const members = memberSpans(raw.text, span);
  if (members === undefined) {
    const elements = elementSpans(raw.text, span);
    return elements === undefined
      ? sliceOf(raw, span)
      : `[${elements.map((each) => withoutMarks(raw, each)).join(',')}]`;
  }
  const named = members.map((member) => ({ ...member, name: keyText(raw.text, member.key) }));
  const plain = named.find(({ name }) => name === 'value');
  if (plain !== undefined && named.some(({ name }) => name === '_aj_serialized')) return withoutMarks(raw, plain.value);
  const kept = named.filter(({ name }) => !name.startsWith('_aj_') || name === '_aj_globalid');
  return `{${kept.map(({ key, value }) => `${sliceOf(raw, key)}:${withoutMarks(raw, value)}`).join(',')}}`;
}

function sliceOf({ text }: RawValue, { start, end }: Span): string {
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8', start, end);
}
