import { microsFromCivil } from '../event/civil.js';
import { digitsEnd, twoDigits } from '../event/digits.js';

/**
 * Whether a text is a date-time of the commonest form, `2024-01-31T12:00:00.123Z`. Every one that is, is an RFC 3339
 * date-time; of the others nothing is said.
 */
export function isPlainDateTime(text: string): boolean {
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d || text.charCodeAt(10) !== 0x54) return false;
  if (text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a) return false;
  if (!(twoDigits(text, 11) <= 23 && twoDigits(text, 14) <= 59 && twoDigits(text, 17) <= 59)) return false;
  const end = text.charCodeAt(19) === 0x2e ? digitsEnd(text, 20) : 19;
  if (end === 20 || end + 1 !== text.length || text.charCodeAt(end) !== 0x5a) return false;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  return !Number.isNaN(microsFromCivil(year, twoDigits(text, 5), twoDigits(text, 8)));
}
