/** Ids that Mixpanel refuses, for users and events alike (https://docs.mixpanel.com/reference/import-events). */
const FORBIDDEN: ReadonlySet<string> = new Set([
  ...['', '00000000-0000-0000-0000-000000000000', 'anon', 'anonymous', 'nil', 'none', 'null', 'n/a', 'na', 'undefined'],
  ...['unknown', '<nil>', '0', '-1', 'true', 'false', '[]', '{}'],
]);
const LONGEST_WORD = 9;
const UUID_LENGTH = 36;
const ZERO = 0x30;

/** Whether `bytes[start, end)` is a forbidden id; whether capitals matter is not documented, so they do not. */
export function isForbiddenId(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > LONGEST_WORD && !(length === UUID_LENGTH && bytes[start] === ZERO)) return isBlank(bytes, start, end);
  let word = '';
  for (let i = start; i < end; i++) word += String.fromCharCode(bytes[i] as number); // within bounds
  return FORBIDDEN.has(word.trim().toLowerCase());
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] as number) > 0x20) return false; // within bounds
  return true;
}
