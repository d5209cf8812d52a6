import type { Io } from '../commands/command.js';

/** The world as this process sees it. */
export function ioOf(process: NodeJS.Process): Io {
  const { stdout, stderr, env } = process;
  return {
    // Opened when it is read: most runs never look at it.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    isTTY: {
      get stdin() {
        return process.stdin.isTTY === true;
      },
      stdout: stdout.isTTY === true,
      stderr: stderr.isTTY === true,
    },
    colors: { stdout: wantsColors(stdout, env), stderr: wantsColors(stderr, env) },
    columns: stdout.columns || stderr.columns || 80,
  };
}

/** The same world without colours. */
export function withoutColors(io: Io): Io {
  return { ...io, colors: { stdout: false, stderr: false } };
}

/** https://no-color.org: set and not empty means no colours, whatever else is said. */
function wantsColors(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return stream.isTTY === true && env.TERM !== 'dumb';
}
