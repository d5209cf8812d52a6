/** A JSON text's value; undefined when it is none. */
export function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is one JSON text. */
export function isJson(text: string): boolean {
  return parseOrUndefined(text) !== undefined;
}
