import type pg from 'pg';

/** What a COPY sends: all of it, or piece by piece as it is read. */
export type CopyChunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

const CHUNK_BYTES = 1 << 18;
const COPY_DATA = 0x64;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/**
 * A COPY … FROM STDIN that `pg` can run as a query: it writes the given bytes without another copy and stops writing
 * as soon as the server refuses a row (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY).
 */
export class CopyIn implements pg.Submittable {
  readonly done: Promise<number>;
  private resolve: (count: number) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;
  private isOver = false;
  private count = 0;

  constructor(
    private readonly sql: string,
    private readonly chunks: CopyChunks,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: pg.Connection): void {
    connection.query(this.sql);
  }

  handleCopyInResponse(connection: pg.Connection): void {
    this.send(connection).catch((error) => this.handleError(error));
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const match = /^COPY (\d+)/.exec(text);
    if (match !== null) this.count = Number(match[1]);
  }

  handleError(error: unknown): void {
    this.isOver = true;
    this.reject(error);
  }

  handleReadyForQuery(): void {
    this.isOver = true;
    this.resolve(this.count);
  }

  private async send({ stream }: pg.Connection): Promise<void> {
    for await (const chunk of this.chunks) {
      for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
        if (this.isOver) return;
        const piece = chunk.subarray(at, at + CHUNK_BYTES);
        const head = Buffer.allocUnsafe(5);
        head[0] = COPY_DATA;
        head.writeUInt32BE(piece.length + 4, 1);
        stream.cork();
        stream.write(head);
        const hasRoom = stream.write(piece);
        stream.uncork();
        if (!hasRoom) await drained(stream);
      }
    }
    if (!this.isOver) stream.write(COPY_DONE);
  }
}

/** Resolves once the stream takes more, or will never again. */
function drained(stream: pg.Connection['stream']): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      stream.off('drain', go);
      stream.off('close', go);
      resolve();
    };
    stream.on('drain', go);
    stream.on('close', go);
  });
}
