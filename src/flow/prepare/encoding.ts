import type { Encoder } from '../../sinks/sink.js';
import type { Parts } from './parts.js';

/** The encoders of a preparation: for each batch those of whole events, or those of keys. */
export class Encoding {
  /** Those of the batch, in the order of the sinks. */
  current: readonly (Encoder | undefined)[];
  private byKeys: readonly boolean[] | undefined;
  private readonly ofKeys: (Encoder | undefined)[] = [];

  constructor(private readonly parts: Pick<Parts, 'encoders' | 'keyEncoders'>) {
    this.current = parts.encoders;
  }

  /** Turns to a batch. */
  begin(byKeys: readonly boolean[] | undefined): void {
    const { encoders, keyEncoders } = this.parts;
    this.byKeys = byKeys;
    if (byKeys === undefined) {
      this.current = encoders;
      return;
    }
    this.current = encoders.map((whole, at) => {
      if (byKeys[at] !== true) return whole;
      this.ofKeys[at] ??= keyEncoders[at]?.();
      return this.ofKeys[at] ?? whole;
    });
  }

  /** Ends the batch, whose events stand in `text`. */
  finish(text: Uint8Array) {
    const { byKeys } = this;
    const encoded = this.current.map((encoder) => encoder?.finish(text));
    return { encoded, ...(byKeys !== undefined && { byKeys }) };
  }
}
