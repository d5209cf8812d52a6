import { SinkUnavailableError } from '../errors.js';

/** What a server says about an error (https://www.postgresql.org/docs/current/protocol-error-fields.html). */
export interface SqlError {
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly where: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
}

/** The error as a server's answer; undefined when it came from elsewhere: a broken connection, a bug. */
export function sqlError(error: unknown): SqlError | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  const { code, where, table, column, constraint } = error as Partial<Record<keyof SqlError, unknown>>; // every member is checked
  if (typeof code !== 'string' || code.length !== 5) return undefined;
  return {
    code,
    message: error.message,
    where: text(where),
    table: text(table),
    column: text(column),
    constraint: text(constraint),
  };
}

/**
 * What an error calls for. `wait`: the server is down, full, busy or failing over, and the batch may be tried again.
 * `mend`: rights, names or the set-up are wrong. `data`: the server refuses a row.
 */
export type ErrorKind = 'wait' | 'mend' | 'data';

const WAIT_CLASSES = new Set(['08', '40', '53', '57', '58']);
/** Read-only server, lock timeout, unsafe new enum value, idle or transaction timeout. */
const WAIT_CODES = new Set(['25006', '55P03', '55006', '25P03', '25P04', '57P05']);
const MEND_CLASSES = new Set(['0A', '0L', '0P', '25', '26', '28', '34', '3D', '3F', '42', 'F0', 'XX']);
/** Classes and codes of one row's fault that the lists above would catch: wrong types within a trigger. */
const DATA_CODES = new Set(['42804', '54000']);

const BROKEN = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EADDRNOTAVAIL',
  'ENETDOWN',
  'EHOSTDOWN',
  'ECONNABORTED',
  'EMFILE',
  'EAI_AGAIN',
  'ENOENT',
]);

/** Sorts an error; undefined when it is none of the database's, or has been sorted already. */
export function kindOf(error: unknown): ErrorKind | undefined {
  if (error instanceof SinkUnavailableError) return undefined;
  const answer = sqlError(error);
  if (answer === undefined) return isBroken(error) ? 'wait' : isMisnamed(error) ? 'mend' : undefined;
  const { code } = answer;
  if (DATA_CODES.has(code)) return 'data';
  if (code === '57014' || WAIT_CODES.has(code) || WAIT_CLASSES.has(code.slice(0, 2))) return 'wait';
  return MEND_CLASSES.has(code.slice(0, 2)) ? 'mend' : 'data';
}

/** Whether the connection itself failed, so that nothing is known of the last request. */
export function isBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && BROKEN.has(error.code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isBroken);
  return /^Connection terminated|connection timeout|Client has encountered a connection error|timeout exceeded when trying to connect|not queryable|Client was closed/i.test(
    error.message,
  );
}

function isMisnamed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOTFOUND';
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
