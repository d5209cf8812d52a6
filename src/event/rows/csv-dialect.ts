/** How delimiter-separated text is written. */
export interface CsvDialect {
  readonly delimiter: string;
  /** Null when nothing is quoted. */
  readonly quote: string | null;
}

/** What a byte means to whoever reads rows. Whatever is not plain ends the fast loop. */
export const byteClass = { plain: 0, delimiter: 1, lf: 2, cr: 3, quote: 4, escape: 5, high: 6 } as const;

/** The class of each byte value. `escape`: JSON text cannot hold it as it is; `high`: not ASCII. */
export function classifyBytes({ delimiter, quote }: CsvDialect): Uint8Array {
  const classes = new Uint8Array(256);
  classes.fill(byteClass.escape, 0, 0x20);
  classes.fill(byteClass.high, 0x80);
  classes[0x22] = byteClass.escape;
  classes[0x5c] = byteClass.escape;
  classes[0x0a] = byteClass.lf;
  classes[0x0d] = byteClass.cr;
  classes[delimiter.charCodeAt(0)] = byteClass.delimiter;
  if (quote !== null) classes[quote.charCodeAt(0)] = byteClass.quote;
  return classes;
}
