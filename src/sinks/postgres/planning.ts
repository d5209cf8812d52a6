/** A search for many keys reads a partition whole only where that is the smaller part of the work. */
export const READS_FEW = 'set local seq_page_cost = 2; set local random_page_cost = 1.1';
/** Where all keys are wanted, the server weighs the table against its index by what it knows of them. */
export const READS_ALL = 'set local seq_page_cost = 1';
/**
 * How the statements of a batch are planned. They are over in some milliseconds: compiling one, or starting other processes for it,
 * would take longer.
 */
export const PLANNING = `set local jit = off; set local max_parallel_workers_per_gather = 0; ${READS_FEW}`;
