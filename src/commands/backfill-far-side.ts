import { archiveSide } from '../backfill/days/archive-side.js';
import type { FarSide } from '../backfill/days/far-side.js';
import { mixpanelSide } from '../backfill/days/mixpanel-side.js';
import { openArchive } from '../sinks/datadog-archive/datadog-archive.js';
import { openSource } from '../sources/open.js';

interface Place {
  /** The sink's address; may hold secrets. */
  readonly url: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The run's folder. */
  readonly folder: string;
}

/** What can be asked about the days that go to a sink. */
export interface OpenFarSide extends AsyncDisposable {
  readonly side: FarSide;
}

/** Opens what the far side of a sink can be asked. @throws UsageError for an address that cannot be meant. */
export async function openFarSide(place: Place): Promise<OpenFarSide> {
  const scheme = /^[a-z-]+/iu.exec(place.url)?.[0].toLowerCase();
  if (scheme === 'mixpanel') return { side: ofMixpanel(place), [Symbol.asyncDispose]: async () => undefined };
  if (scheme === 'datadog-archive') {
    const archive = await openArchive(place.url, place.env);
    return { side: archiveSide(archive, place.folder), [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose]() };
  }
  return { side: SILENT, [Symbol.asyncDispose]: async () => undefined };
}

/** Options that the import and the export have in common. */
const COMMON = ['region', 'endpoint', 'ca'];

function ofMixpanel({ url, env }: Place): FarSide {
  const options = optionsOf(url);
  const account = options.get('service-account') ?? env.MIXPANEL_SERVICE_ACCOUNT;
  const project = options.get('project') ?? env.MIXPANEL_PROJECT_ID;
  const isKnown = Boolean(account) && Boolean(project);
  return mixpanelSide({
    salt: options.get('id-salt'),
    silence: isKnown
      ? undefined
      : 'not verifiable: a token may import, but the export wants a service account (MIXPANEL_SERVICE_ACCOUNT) and its project',
    openExport: (day) => {
      const query = new URLSearchParams({
        from: day,
        to: day,
        project: project ?? '',
        'service-account': account ?? '',
      });
      for (const name of COMMON) {
        const value = options.get(name);
        if (value !== undefined) query.set(name, value);
      }
      return openSource([`mixpanel-export:?${query}`], { env });
    },
  });
}

/** The zone whose days Mixpanel's export speaks of: projects made before 2023 have one of their own. */
export function zoneOf(url: string): string {
  return (/^mixpanel\b/iu.test(url) ? optionsOf(url).get('project-timezone') : undefined) ?? 'UTC';
}

function optionsOf(url: string): ReadonlyMap<string, string> {
  const query = new URLSearchParams(/\?(.*)$/su.exec(url)?.[1] ?? '');
  return new Map([...query].flatMap(([name, value]) => (value === '' ? [] : [[name.replaceAll('_', '-'), value]])));
}

/** A file is read by other means. */
const SILENT: FarSide = {
  nameOf: (id) => id,
  silence: 'not verifiable here: respool diff holds the file against the source',
  lagMs: 0,
  namesOf: async function* () {},
};
