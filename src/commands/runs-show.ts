import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import type { StoredRun } from '../flow/state/run-record.js';
import { listRuns, readReceipt } from '../flow/state/runs.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import { replayRenderers } from '../report/replay-renderers.js';
import type { ReplayReport } from '../report/report.js';
import type { Io } from './command.js';

interface Options {
  readonly stateDir: string;
  readonly output: readonly string[];
}

/** Prints the receipt of a run: as a table where it is one of a replay, otherwise as it was written. */
export async function showRun(id: string, { stateDir, output }: Options, io: Io): Promise<number> {
  const run = findRun(id, await listRuns(stateDir), stateDir);
  const receipt = await readReceipt(run);
  if (receipt === undefined) {
    throw new UsageError(`run ${id} has no receipt: it has not come to an end`, {
      code: 'no_receipt',
      hint: `it runs still, or was killed: give its command again; what it could not deliver lies in ${run.record.quarantine}`,
    });
  }
  const outputs = parseOutputs(output, ['table', 'json']);
  const isOfReplay = run.record.command.startsWith('replay');
  const value: ReplayReport = JSON.parse(receipt); // as the run wrote it; only a replay's is looked into
  const table = isOfReplay ? replayRenderers.table : () => receipt;
  await printOutputs({ value, outputs, renderers: { table, json: () => receipt } }, io);
  return 0;
}

function findRun(id: string, runs: readonly StoredRun[], stateDir: string): StoredRun {
  const run = runs.find(({ record }) => record.id === id);
  if (run !== undefined) return run;
  const near = closest(
    id,
    runs.map(({ record }) => record.id),
  );
  throw new UsageError(`there is no run ${JSON.stringify(id)} in ${stateDir}`, {
    code: 'no_such_run',
    hint: near === undefined ? 'respool runs lists them' : `did you mean ${near}?`,
  });
}
