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
