/** Any result as JSON with plain numbers, ending with a line feed. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
