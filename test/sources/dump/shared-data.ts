import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Real dumps beside the project; `RESPOOL_SHARED_DATA` names another place. Undefined, and said, where there are none. */
export function sharedData(subject: string): string | undefined {
  const root = process.env.RESPOOL_SHARED_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
  const path = `${root}/${subject}`;
  if (existsSync(path)) return path;
  console.warn(`skipped: no ${subject} in the shared data (RESPOOL_SHARED_DATA)`);
  return undefined;
}
