import { idOf, layersAt, nameOf, textOf } from '../../../src/event/batch.js';
import { parsePointer } from '../../../src/event/pointer.js';
import { createPreparer } from '../../../src/flow/prepare/preparer.js';
import type { PreparedBatch, PrepareSpec } from '../../../src/flow/prepare/spec.js';

const url = (path: string) => new URL(`../../../src/sources/${path}`, import.meta.url).href;
const field = (text: string) => ({ pointer: parsePointer(text), text: `/${text}`, why: 'flag' }) as const;

/** What a preparer is opened with here: every envelope is opened, `event_id` and `name` identify an event. */
const unwrapping: PrepareSpec = {
  decoder: { module: url('dump/decode.ts'), options: { cellTypes: {} } },
  unwrapper: { module: url('envelope/unwrap.ts'), options: {} },
  fields: { id: field('event_id'), name: field('name') },
  timezone: 'UTC',
  identical: 'merge',
  filter: { events: [] },
  encoders: [],
};

/** Prepares lines and says what came out of them. */
export async function unwrapAll(text: string, spec: Partial<PrepareSpec> = {}) {
  const preparer = await createPreparer({ ...unwrapping, ...spec });
  const bytes = new Uint8Array(Buffer.from(text));
  return outcomeOf(preparer.prepare({ format: { kind: 'ndjson' }, bytes }));
}

function outcomeOf({ events, held }: PreparedBatch) {
  return {
    events: Array.from({ length: events.count }, (_, i) => ({
      line: (events.lines[i] ?? 0) + 1,
      id: idOf(events, i),
      name: nameOf(events, i),
      text: Buffer.from(textOf(events, i)).toString(),
      ...(layersAt(events, i) !== undefined && { layers: layersAt(events, i) }),
      ...(events.attempts?.[i] && { attempts: events.attempts[i] }),
    })),
    held: held.map(({ line, problems, layers, raw }) => ({
      line: line + 1,
      code: problems[0]?.code,
      message: problems[0]?.message,
      ...(layers !== undefined && { layers: layers.map(({ kind }) => kind) }),
      raw: Buffer.from(raw).toString('latin1').slice(0, 80),
    })),
  };
}
