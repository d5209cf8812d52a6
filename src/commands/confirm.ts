import { createInterface } from 'node:readline/promises';
import { UsageError } from '../errors.js';
import type { Invocation } from './command.js';

type Call = Pick<Invocation, 'io' | 'stop'> & { readonly options: { readonly yes: boolean } };

/**
 * Asks before something that could lose data; `--yes` has answered already.
 * @param what a sentence that says what would happen.
 * @throws UsageError `needs_yes` off a terminal, `declined` when the answer is no.
 */
export async function confirm({ io, options, stop }: Call, what: string): Promise<void> {
  if (options.yes) return;
  if (!io.isTTY.stdin || !io.isTTY.stderr) {
    throw new UsageError(`${what} There is nobody to ask`, {
      code: 'needs_yes',
      hint: 'add --yes when that is what you want',
    });
  }
  const lines = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = await lines.question(`${what} Go on? [y/N] `, { signal: stop.finish });
    if (/^y(es)?$/iu.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new UsageError('nothing was done', { code: 'declined', hint: 'answer y, or add --yes' });
}
