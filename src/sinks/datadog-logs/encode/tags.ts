const MOST_CHARACTERS = 200;

/**
 * A tag as Datadog keeps it: lower case, other characters than letters, digits and `_-:./` become `_`, at most 200
 * characters, no colon at its end (https://docs.datadoghq.com/getting_started/tagging/).
 */
export function normalTag(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\-:./]/gu, '_')
    .slice(0, MOST_CHARACTERS)
    .replace(/:+$/u, '');
}
