import { createHash } from 'node:crypto';
import { UsageError } from '../errors.js';

/** How requests say who asks, and for which project. */
export interface MixpanelAccess {
  /** The value of `Authorization`. */
  readonly authorization: string;
  /** Query of `/import` and of the export, without a question mark. */
  readonly projectQuery: string;
  /** The project's number, or a word that stands for its token; no secret. */
  readonly project: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Options by name: `token`, `service-account`, `project`. */
interface Options {
  get(name: string): string | undefined;
}

/** Where projects of each residency are: the import (https://docs.mixpanel.com/reference/import-events) and the raw export. */
export const MIXPANEL_HOSTS = {
  us: { import: 'https://api.mixpanel.com', export: 'https://data.mixpanel.com' },
  eu: { import: 'https://api-eu.mixpanel.com', export: 'https://data-eu.mixpanel.com' },
  in: { import: 'https://api-in.mixpanel.com', export: 'https://data-in.mixpanel.com' },
} as const;

/**
 * Reads a service account (`user:secret`) with its project, or a project token, from the options or `MIXPANEL_*`.
 * @throws UsageError `missing_credentials` or `bad_credentials`.
 */
export function readAccess(options: Options, env: Environment): MixpanelAccess {
  const token = options.get('token');
  const account = options.get('service-account') ?? (token === undefined ? env.MIXPANEL_SERVICE_ACCOUNT : undefined);
  const project = options.get('project') ?? env.MIXPANEL_PROJECT_ID ?? undefined;
  if (project !== undefined && project !== '' && !/^\d+$/u.test(project)) {
    throw badCredentials(
      'the Mixpanel project is named by its number',
      'it stands in the project settings: project=1234567',
    );
  }
  if (account) return ofServiceAccount(account, project);
  const known = token ?? env.MIXPANEL_TOKEN;
  if (known) return ofToken(known, project);
  throw new UsageError('Mixpanel needs to know who asks', {
    code: 'missing_credentials',
    hint: 'set MIXPANEL_SERVICE_ACCOUNT (user:secret) and MIXPANEL_PROJECT_ID, or MIXPANEL_TOKEN',
  });
}

function ofServiceAccount(account: string, project: string | undefined): MixpanelAccess {
  if (!/^[^:]+:.+$/u.test(account)) {
    throw badCredentials(
      'the Mixpanel service account is no user:secret',
      'set MIXPANEL_SERVICE_ACCOUNT to user and secret with a colon between',
    );
  }
  if (!project) {
    throw new UsageError('a Mixpanel service account needs the number of its project', {
      code: 'missing_credentials',
      hint: 'set MIXPANEL_PROJECT_ID, or project=1234567 in the address',
    });
  }
  return { authorization: basic(account), projectQuery: `project_id=${project}`, project };
}

function ofToken(token: string, project: string | undefined): MixpanelAccess {
  const digest = createHash('sha256').update(token).digest('hex').slice(0, 12);
  return {
    authorization: basic(`${token}:`),
    projectQuery: project ? `project_id=${project}` : '',
    project: project || `project-${digest}`,
  };
}

function basic(words: string): string {
  return `Basic ${Buffer.from(words).toString('base64')}`;
}

function badCredentials(message: string, hint: string): UsageError {
  return new UsageError(message, { code: 'bad_credentials', hint });
}
