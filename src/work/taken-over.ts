import { IncompleteError } from '../errors.js';

/** Another worker has this item by now: who meets this leaves the item and its job alone. */
export class TakenOverError extends IncompleteError {
  constructor(item: string) {
    super(`${item}: another worker has taken it over`, {
      code: 'taken_over',
      hint: 'nothing is to be done: this worker was silent for too long, and goes on with something else',
    });
  }
}

/** What work comes to, or that its item is in other hands by now. @throws TakenOverError in place of whatever went wrong then. */
export async function unlessTakenOver<T>(
  working: Promise<T>,
  item: string,
  isOurs: () => Promise<boolean>,
): Promise<T> {
  try {
    const end = await working;
    if (end === undefined || (await isOurs())) return end;
  } catch (error) {
    if (await isOurs()) throw error;
  }
  throw new TakenOverError(item);
}
