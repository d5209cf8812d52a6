import type { DecodedRecord } from '../../event/event.js';

/**
 * Records that are worked on once all of a batch have been decoded: rows are written into a buffer that moves as it
 * grows, and only behind the last row something can be written into it.
 */
export class Deferred {
  private readonly places: number[] = [];
  private text: Uint8Array = new Uint8Array(0);

  readonly add = ({ text, start, end, offset, line }: DecodedRecord): void => {
    this.text = text;
    this.places.push(start, end, offset, line);
  };

  /** Hands out each record, in order, in the text of the last one. */
  *[Symbol.iterator](): Generator<DecodedRecord> {
    for (let i = 0; i < this.places.length; i += 4) {
      const [start = 0, end = 0, offset = 0, line = 0] = this.places.slice(i, i + 4);
      yield { text: this.text, start, end, offset, line };
    }
  }
}
