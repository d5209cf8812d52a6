import { createQuickCheck } from '../../schema/accept/quick-check.js';
import type { Decoder } from '../../sources/source.js';
import { loadUnwrapper } from '../../sources/unwrapper.js';
import { openRepairer } from '../repair/repairer.js';
import { createFilter } from './filter.js';
import { load, loadEncoder, loadKeyEncoder } from './load.js';
import { Preparation } from './preparation.js';
import type { PreparedBatch, PrepareInput, PrepareSpec } from './spec.js';

/** Turns raw batches into events ready for the sinks. Synchronous, without I/O: one a thread. */
export interface Preparer {
  prepare(input: PrepareInput): PreparedBatch;
}

/**
 * Opens a preparer: loads the decoder and the encoders by their modules and compiles the schema and the filter.
 * @throws UsageError when the schema or the filter cannot be compiled.
 */
export async function createPreparer(spec: PrepareSpec): Promise<Preparer> {
  const { schema } = spec;
  return new Preparation(spec, {
    decoder: (await load<Decoder>(spec.decoder, 'createDecoder'))(),
    unwrapper: spec.unwrapper && (await loadUnwrapper(spec.unwrapper)),
    encoders: await Promise.all(spec.encoders.map(async (reference) => reference && (await loadEncoder(reference))())),
    keyEncoders: await Promise.all(spec.encoders.map(async (reference) => reference && loadKeyEncoder(reference))),
    filter: await createFilter(spec.filter),
    repairer: spec.repair && (await openRepairer(spec.repair, spec.fields.id?.pointer)),
    quickCheck: createQuickCheck(schema?.catalog, schema?.unknownEvent ?? 'accept'),
    checker: schema && (await import('../../schema/compile.js')).compileCatalog(schema.catalog, schema),
  });
}
