import { loadModule } from '../../load-module.js';
import type { Encoder, EncoderReference } from '../../sinks/sink.js';

/** Loads a module by its URL, and opens what it makes of the options as often as the answer is called. */
export async function load<T>(
  { module: url, options }: { readonly module: string; readonly options: unknown },
  factory: string,
): Promise<() => T> {
  const module = (await loadModule(url)) as Record<string, (options: unknown) => T>; // as its reference promises
  const create = module[factory];
  if (create === undefined) throw new Error(`${url} exports no ${factory}`);
  return () => create(options);
}

/** Loads the encoder of whole events. */
export function loadEncoder(reference: EncoderReference): Promise<() => Encoder> {
  return load(reference, 'createEncoder');
}

/** Loads the encoder of keys; undefined where there is none. */
export async function loadKeyEncoder({ keyModule, options }: EncoderReference): Promise<(() => Encoder) | undefined> {
  return keyModule === undefined ? undefined : load({ module: keyModule, options }, 'createKeyEncoder');
}
