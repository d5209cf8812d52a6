import type { QuickCheck } from '../../schema/accept/quick-check.js';
import type { Checker } from '../../schema/check.js';
import type { Encoder } from '../../sinks/sink.js';
import type { Decoder } from '../../sources/source.js';
import type { Unwrapper } from '../../sources/unwrapper.js';
import type { Repairer } from '../repair/repairer.js';
import type { Filter } from './filter.js';

/** What a preparation is put together from: everything that is opened once for a run. */
export interface Parts {
  readonly decoder: Decoder;
  readonly unwrapper: Unwrapper | undefined;
  readonly encoders: readonly (Encoder | undefined)[];
  /** The encoders of keys, in the same order: each is opened when it is needed first. */
  readonly keyEncoders: readonly ((() => Encoder) | undefined)[];
  readonly filter: Filter;
  readonly repairer: Repairer | undefined;
  readonly checker: Checker | undefined;
  readonly quickCheck: QuickCheck;
}
