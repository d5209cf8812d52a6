// Runs initdb and pg_ctl, which refuse to be run by root.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The folder of a server's programs: `PG_BIN`, or that of Debian's package. */
const bin = process.env.PG_BIN ?? '/usr/lib/postgresql/15/bin';

export function asPostgres(program, ...args) {
  const isRoot = process.getuid?.() === 0;
  const [command, all] = isRoot
    ? ['runuser', ['-u', 'postgres', '--', join(bin, program), ...args]]
    : [join(bin, program), args];
  execFileSync(command, all, { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
}
