import { relative, sep } from 'node:path';
import type { Expectation } from './examination.js';

const INVALID_FOLDER = /^(?:invalid|fail|failing|bad)$/iu;
const INVALID_FILE = /(?:^|[._-])(?:invalid|fail)(?:[._-]|$)/iu;

/**
 * What the events of a file should be, by its name below its folder of fixtures: `invalid/…`, `fail/…`, `x.invalid.json`
 * and `x.fail.json` hold examples that the schema must refuse. Everything else should be valid.
 */
export function createExpectation(folders: readonly string[]): (path: string) => Expectation {
  return (path) => {
    const inside = folders.map((folder) => pathInside(folder, path)).find((rest) => !rest.startsWith('..'));
    if (inside === undefined) return 'valid';
    const segments = inside.split(sep);
    const file = segments.pop() ?? '';
    return segments.some((segment) => INVALID_FOLDER.test(segment)) || INVALID_FILE.test(file) ? 'invalid' : 'valid';
  };
}

function pathInside(folder: string, path: string): string {
  const prefix = folder.endsWith(sep) ? folder : folder + sep;
  return path.startsWith(prefix) ? path.slice(prefix.length) : relative(folder, path);
}
