/** Finds what a key of an event stands for by its bytes, without making a string of it. */
export class KeyTable<Meaning> {
  private readonly byLength: { readonly bytes: Uint8Array; readonly meaning: Meaning }[][] = [];

  constructor(entries: Iterable<readonly [key: string, meaning: Meaning]>) {
    for (const [key, meaning] of entries) {
      const bytes = Buffer.from(key);
      const same = this.byLength[bytes.length] ?? [];
      this.byLength[bytes.length] = same;
      same.push({ bytes, meaning });
    }
  }

  /** The meaning of the key `text[start, end)`, without quotes and escapes; undefined when it has none. */
  of(text: Uint8Array, start: number, end: number): Meaning | undefined {
    const same = this.byLength[end - start];
    if (same === undefined) return undefined;
    for (const { bytes, meaning } of same) {
      let at = 0;
      while (at < bytes.length && bytes[at] === text[start + at]) at++;
      if (at === bytes.length) return meaning;
    }
    return undefined;
  }
}
