import { loadModule } from '../load-module.js';
import type { Decoder, DecoderReference } from './source.js';

/** Loads a decoder by its module and opens it. */
export async function loadDecoder({ module, options }: DecoderReference): Promise<Decoder> {
  const loaded = (await loadModule(module)) as { createDecoder(options: unknown): Decoder }; // as its reference promises
  return loaded.createDecoder(options);
}
