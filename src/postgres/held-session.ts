import type { Connection, Database } from './connection.js';

/** A session that is kept until it is given back. */
export interface HeldSession extends AsyncDisposable {
  readonly session: Connection;
}

/**
 * Borrows a session for longer than one piece of work.
 * @throws whatever `use` throws before it has one.
 */
export function holdSession(database: Database, signal: AbortSignal): Promise<HeldSession> {
  return new Promise((resolve, reject) => {
    let giveBack = () => {};
    const until = new Promise<void>((done) => {
      giveBack = done;
    });
    const held = database.use((session) => {
      const close = async () => {
        giveBack();
        await held.catch(() => undefined); // only that it was cut, which whoever asked for it knows
      };
      resolve({ session, [Symbol.asyncDispose]: close });
      return until;
    }, signal);
    held.catch(reject);
  });
}
