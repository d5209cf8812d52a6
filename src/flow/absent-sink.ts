import { type Sink, SinkUnavailableError } from '../sinks/sink.js';

/**
 * Stands in for a sink that could not be reached when the run began: it takes nothing, so that the others get their
 * events, and the next invocation of the run delivers the rest.
 * @param label the address without secrets.
 */
export function absentSink(label: string, cause: Error): Sink {
  const reason = cause.message;
  return {
    label,
    name: /^[a-z][a-z0-9+-]*/i.exec(label)?.[0] ?? label,
    onRepeat: 'ignored',
    limits: { maxEvents: 1, maxBytes: 1, concurrency: 1 },
    describe: () => ({ notes: [], warnings: [`${reason}: this run goes on without it`] }),
    deliver: () => Promise.reject(new SinkUnavailableError(reason, { cure: 'wait', cause })),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
