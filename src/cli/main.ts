import type { Config } from '../config/config.js';
import { secretsOf } from '../config/redact.js';
import { CannotEvaluateError } from '../errors.js';
import { errorReport } from './error-report.js';
import { ioOf } from './io.js';
import { printError } from './print-error.js';
import { runProgram } from './program.js';
import { watchSignals } from './signals.js';

// The AWS SDK would warn of Node 20, which respool supports, on standard error.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const argv = process.argv.slice(2);
try {
  process.cwd();
} catch {
  process.stderr.write(
    'error: the folder that this shell stands in does not exist any more\nhint: cd to one that does\n',
  );
  process.exit(3);
}
const io = ioOf(process);
const configured: string[] = [];
// Asked for when something has gone wrong: nothing else needs them.
const secrets = () => [...secretsOf(process.env), ...configured];
let outputs: readonly string[] = [];
const onConfig = (config: Config): void => {
  configured.push(...config.secrets);
  outputs = config.defaults.output?.texts ?? [];
};
const isVerbose = argv.some((word) => /^(-\w*v\w*|--verbose)$/.test(word)) || Boolean(process.env.RESPOOL_DEBUG);
// Before anything else is loaded, so that the stack of a defect leads into the sources.
if (isVerbose) process.setSourceMapsEnabled(true);
const report = (error: unknown, exitCode: number): number => {
  io.stdout.write(errorReport(error, { argv, outputs, exitCode, secrets: secrets() }) ?? '');
  return exitCode;
};
const tell = (error: unknown): number => report(error, printError(error, { io, isVerbose, secrets: secrets() }));

for (const stream of [process.stdout, process.stderr]) {
  // Whoever reads our output may stop reading (`respool … | head`); the run itself goes on.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(tell(unwritable(stream === process.stdout, error)));
  });
}
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error: unknown) => process.exit(tell(error)));
}
const stop = watchSignals(process, () => {
  io.stderr.write('Stopping: finishing what is in flight and saving. Once more stops at once.\n');
});

void run();

async function run(): Promise<void> {
  try {
    process.exitCode = await runProgram(argv, { io, stop, onConfig });
  } catch (error) {
    process.exitCode = stop.exitCode !== undefined && isAbort(error) ? report(error, stop.exitCode) : tell(error);
  }
  // All work is done and closed by now: a connection or timer that a client forgot keeps nobody waiting.
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit();
}

/** Resolves once all that was written so far is out, or cannot be written any more. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writable) stream.write('', () => resolve());
    else resolve();
  });
}

/** A full disk behind `>`. */
function unwritable(isStdout: boolean, cause: Error): CannotEvaluateError {
  return new CannotEvaluateError(`standard ${isStdout ? 'output' : 'error'} cannot be written: ${cause.message}`, {
    code: 'output_unwritable',
    hint: 'make room, or write the report to another place with --output json:<path>; what was delivered is safe',
    cause,
  });
}

function isAbort(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'AbortError' || error === stop.finish.reason || error === stop.now.reason)
  );
}
