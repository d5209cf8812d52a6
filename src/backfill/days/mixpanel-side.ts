import { idOf } from '../../event/batch.js';
import type { Fields } from '../../event/fields.js';
import { prepareInOrder } from '../../flow/prepare/in-order.js';
import { openPreparePool } from '../../flow/prepare/pool.js';
import { pause } from '../../pause.js';
import { insertIdOf } from '../../sinks/mixpanel/encode/insert-id.js';
import type { Source } from '../../sources/source.js';
import type { FarSide } from './far-side.js';

/** How a Mixpanel project is asked. */
export interface MixpanelAsking {
  readonly salt: string | undefined;
  /** Why its export cannot be asked; undefined where it can. */
  readonly silence: string | undefined;
  /** Opens the raw export of one day of the project's zone, `2019-07-01`. */
  readonly openExport: (day: string) => Promise<Source>;
}

/** Exports show events three quarters of an hour after they were imported, sometimes later: a day is patience enough. */
const LAG_MS = 86_400_000;

const INSERT_ID = { pointer: ['$insert_id'], text: '/$insert_id', why: 'flag' } as const;
const FIELDS: Fields = { id: INSERT_ID };

/** Three exports a second are allowed (https://docs.mixpanel.com/reference/raw-event-export). */
const APART_MS = 400;

/** Mixpanel, which tells the events of a day by its raw export, every copy of each. */
export function mixpanelSide({ salt, silence, openExport }: MixpanelAsking): FarSide {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = (signal: AbortSignal) => {
    const before = turn;
    turn = before.then(() => pause(APART_MS, signal)).catch(() => undefined);
    return before;
  };
  return {
    nameOf: (id) => insertIdOf(id, salt),
    silence,
    lagMs: LAG_MS,
    async *namesOf({ name }, signal) {
      await inTurn(signal);
      await using source = await openExport(name);
      const { decoder } = source;
      const spec = { decoder, fields: FIELDS, timezone: 'UTC', identical: 'none', filter: { events: [] } } as const;
      await using pool = await openPreparePool({ ...spec, encoders: [] }, 0);
      for await (const item of prepareInOrder({ batches: source.batches([], signal), pool, room: () => undefined })) {
        if (item.kind === 'failure') throw item.error;
        const { events } = item.prepared;
        for (let index = 0; index < events.count; index++) yield idOf(events, index);
      }
    },
  };
}
