import { ACCOUNT, type MixpanelSwitches, PROJECT, startMixpanel } from '../stand-ins/mixpanel.js';
import { folderWith } from '../support/cli.js';
import { backfill, RANGE, startBackfill } from './backfilling.js';

/** A service account and its project, as the stand-in knows them. */
export const MIXPANEL_ENV = { MIXPANEL_SERVICE_ACCOUNT: ACCOUNT, MIXPANEL_PROJECT_ID: PROJECT };

/** A folder with a dump, and a service that is filled by days. */
export async function openDayPlace(
  events: string,
  to: (folder: string) => string,
  env: Readonly<Record<string, string>> = {},
) {
  const folder = await folderWith({ 'dump.ndjson': events });
  const target = to(folder.path);
  const call = { cwd: folder.path, env };
  const all = (args: readonly string[]) => ['dump.ndjson', '--to', target, ...RANGE, ...args];
  return {
    target,
    path: folder.path,
    call,
    run: (...args: string[]) => backfill(all(args), call),
    start: (...args: string[]) => startBackfill(all(args), call),
    /** Runs `respool backfill <verb> <run>`. */
    later: (verb: string, run: string, ...args: string[]) => backfill([verb, run, '--to', target, ...args], call),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** The same with Mixpanel, whose clock the test may move. */
export async function openMixpanelPlace(events: string, switches: MixpanelSwitches = {}, options = '') {
  const mixpanel = await startMixpanel(switches);
  const place = await openDayPlace(
    events,
    () => `mixpanel:?endpoint=${mixpanel.url}&retry-for=3${options}`,
    MIXPANEL_ENV,
  );
  return {
    ...place,
    mixpanel,
    async [Symbol.asyncDispose]() {
      await mixpanel[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}
