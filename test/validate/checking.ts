import { respool } from '../support/cli.js';

/** What the checks of a call said. */
export interface Checked {
  readonly status: number | null;
  readonly stderr: string;
  readonly report: {
    readonly files: number;
    readonly events: number;
    readonly valid: number;
    readonly invalid: number;
    readonly undecodable: number;
    readonly problemCount: number;
    readonly problems: readonly {
      readonly source: string;
      readonly line: number;
      readonly pointer: string;
      readonly rule: string;
    }[];
    readonly groups: readonly { readonly rule: string; readonly count: number }[];
    readonly findings: readonly { readonly code: string; readonly message: string }[];
  };
}

/** Calls `respool validate` for its report. */
export async function check(args: readonly string[], cwd: string): Promise<Checked> {
  const { status, stdout, stderr } = await respool(['validate', ...args, '-q', '--output', 'json'], { cwd });
  return { status, stderr, report: stdout === '' ? undefined : JSON.parse(stdout) };
}

/** A schema for a ship's call at a harbour. */
export const berthSchema = JSON.stringify({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['id', 'name', 'time'],
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    time: { type: 'string', format: 'date-time' },
    tons: { type: 'number', minimum: 0 },
    crew: { type: 'array', items: { type: 'string' } },
  },
});

/** A valid event. */
export function berth(id: number, rest: object = {}): string {
  return JSON.stringify({ id: `b${id}`, name: 'berthed', time: '2019-07-01T12:00:00Z', ...rest });
}
