// Runs commands as whole processes and measures them from outside.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Seconds on the clock and of processors, and peak resident and anonymous memory (MB), of one run; throws when the exit code is not among `allowed`. Ended in good order once `until` resolves. */
export async function measure(command, args, { env = {}, allowed = [0], cwd, until } = {}) {
  const started = performance.now();
  const child = spawn(command, args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  until?.then(() => child.kill('SIGTERM'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-4_000)));
  let peakMb = 0;
  let anonymousMb = 0;
  let cpuSeconds = 0;
  const poll = setInterval(() => {
    const memory = memoryOf(child.pid);
    peakMb = Math.max(peakMb, memory.peakMb);
    anonymousMb = Math.max(anonymousMb, memory.anonymousMb);
    cpuSeconds = Math.max(cpuSeconds, cpuOf(child.pid));
  }, 20);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(poll);
  const seconds = (performance.now() - started) / 1_000;
  if (!allowed.includes(code)) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}`);
  return { seconds, cpuSeconds, peakMb, anonymousMb, stdout };
}

function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1_024;
    return { peakMb: megabytes('VmHWM'), anonymousMb: megabytes('RssAnon') };
  } catch {
    return { peakMb: 0, anonymousMb: 0 };
  }
}

/** User and system time so far (proc(5)), in a hundredth of a second. */
function cpuOf(pid) {
  try {
    const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(user) + Number(system)) / 100;
  } catch {
    return 0;
  }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
