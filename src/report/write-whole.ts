import { open, rename, rm } from 'node:fs/promises';
import { CannotEvaluateError } from '../errors.js';

/**
 * Writes a file so that readers see the old one or the new one, never a part.
 * @throws CannotEvaluateError `output_unwritable`.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(draft, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CannotEvaluateError(`the report ${path} cannot be written: ${reason}`, {
      code: 'output_unwritable',
      hint: 'name a place that can be written to behind --output; what was delivered is safe',
      cause,
    });
  }
}
