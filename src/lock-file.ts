import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than this nobody needs to remove a stale lock. */
const LONGEST_REMOVAL_MS = 10_000;

/** The process that a lock file names. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, as the kernel counts it, so that a reused pid is not taken for the holder. */
  readonly started: string | undefined;
  readonly since: string;
}

/**
 * Takes the lock file at this path for this process; a lock left behind by a dead one is taken over. The file's folder
 * must be there.
 * @throws what `inUse` makes when a living process holds it; the system's error when it cannot be written.
 */
export async function takeLock(path: string, inUse: (holder: LockHolder) => Error): Promise<AsyncDisposable> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, JSON.stringify(await describeSelf()), { mode: 0o600 });
    await linkWhenFree(draft, path, inUse);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/** `process 12 on elsewhere since 2024-01-01T00:00:00.000Z`; this host is not named. */
export function nameHolder({ pid, host, since }: LockHolder): string {
  return `process ${pid}${host === hostname() ? '' : ` on ${host}`} since ${since}`;
}

async function linkWhenFree(draft: string, path: string, inUse: (holder: LockHolder) => Error): Promise<void> {
  for (;;) {
    try {
      await link(draft, path);
      return;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const holder = await readHolder(path);
    if (holder === 'none') continue;
    if (holder !== 'damaged' && (await isAlive(holder))) throw inUse(holder);
    await removeStale(path);
  }
}

/**
 * Only who holds the folder beside the lock may remove a lock that is not its own, so that of several takers none
 * removes what another one has just taken.
 */
async function removeStale(path: string): Promise<void> {
  const right = `${path}.stale`;
  try {
    await mkdir(right, { mode: 0o700 });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    await outwait(right);
    return;
  }
  try {
    const holder = await readHolder(path);
    const isStale = holder === 'damaged' || (holder !== 'none' && !(await isAlive(holder)));
    if (isStale) await rm(path, { force: true });
  } finally {
    await rm(right, { recursive: true, force: true });
  }
}

/** Waits a moment for the other taker; one that died while it held the right is not waited for. */
async function outwait(right: string): Promise<void> {
  const { mtimeMs } = await stat(right).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
  if (Date.now() - mtimeMs > LONGEST_REMOVAL_MS) await rm(right, { recursive: true, force: true });
  else await sleep(20);
}

async function readHolder(path: string): Promise<LockHolder | 'none' | 'damaged'> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as LockHolder | null; // only this module writes lock files
    return typeof holder?.pid === 'number' ? holder : 'damaged';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'none';
    if (error instanceof SyntaxError) return 'damaged';
    throw error;
  }
}

async function describeSelf(): Promise<LockHolder> {
  const found = await statOf(process.pid);
  return { pid: process.pid, host: hostname(), started: found?.started, since: new Date().toISOString() };
}

async function isAlive(holder: LockHolder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
  const found = await statOf(holder.pid);
  if (found?.isGone === true) return false;
  return holder.started === undefined || found === undefined || found.started === holder.started;
}

/**
 * What proc(5) tells of a process; undefined where there is no such file. A killed one stays in the list of processes until
 * its parent asks for it, which in a container may be never: without a thread it is gone all the same.
 */
async function statOf(pid: number): Promise<{ readonly started: string; readonly isGone: boolean } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // From field 3 on: the name in front of them may hold blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = '', threads, started = ''] = [fields[0], Number(fields[17]), fields[19]];
    return { started, isGone: 'ZX'.includes(state) && threads <= 1 };
  } catch {
    return undefined;
  }
}

const isErrno = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code;
