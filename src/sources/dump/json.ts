import { JsonPass } from './json-pass.js';
import { JsonScanner } from './json-scanner.js';
import { type JsonOptions, startOfFile } from './json-state.js';
import type { Splitter } from './splitter.js';

/**
 * Finds JSON texts, one behind the other or as the elements of top-level arrays. Only bounds are judged here; what
 * stands between values and is no whitespace or comma is a problem, and reading goes on behind it.
 */
export function jsonSplitter(options: JsonOptions): Splitter {
  const scanner = new JsonScanner();
  let state = startOfFile;
  let aim = Number.POSITIVE_INFINITY;
  let pendingIndent = 0;
  return {
    format: { kind: 'json' },
    aim: () => aim,
    split(bytes, following) {
      const pass = new JsonPass(bytes, following, { scanner, options, state });
      const cut = pass.run();
      pendingIndent = pass.pendingIndent;
      if (cut === undefined) return undefined;
      state = pass.cutState;
      const records = (cut.spans?.length ?? 0) / 2;
      aim = records === 0 ? Number.POSITIVE_INFINITY : Math.ceil((cut.end / records) * options.batchRecords * 1.1);
      return cut;
    },
    jump(to) {
      state = { ...startOfFile, context: 'unknown', resumeWithin: to === 'line' ? pendingIndent : undefined };
    },
  };
}
