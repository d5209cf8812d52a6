import { fileURLToPath } from 'node:url';

/** Path of real data that lies beside the project; tests that read it are skipped where it is absent. */
export function sharedData(name: string): string {
  const folder = process.env.RESPOOL_SHARED_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
  return `${folder}/${name}`;
}
