import type { SqlError } from '../../postgres/sql-error.js';
import type { Rejection } from '../sink.js';

/** A trigger returned NULL: the server reports no error and writes no row. */
export const SUPPRESSED: Rejection = {
  kind: 'rejected',
  code: 'suppressed_by_trigger',
  reason: 'a trigger of the table dropped the row without an error',
};

/** What the server said about a row, as a verdict: its message, never its detail, which may show other rows. */
export function rejectionOf({ code, message, constraint, column }: SqlError): Rejection {
  if (code === '22P05' || (code === '22021' && message.includes('0x00'))) {
    return {
      kind: 'rejected',
      code: 'nul_character',
      reason: `PostgreSQL cannot hold the character U+0000: ${message}`,
    };
  }
  if (code === '23514' && message.startsWith('no partition of relation')) {
    return { kind: 'rejected', code: 'partition_unreachable', reason: message };
  }
  const place = constraint ?? column;
  const reason = place === undefined || message.includes(`"${place}"`) ? message : `${message} (${place})`;
  return { kind: 'rejected', code: `sqlstate_${code}`, reason };
}
