import type { Message } from './driver.js';

/** Bodies in one batch, unless what has to stay together is longer. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Messages that wait to become a batch. */
export interface BatchBuffer<H> {
  readonly isEmpty: boolean;
  readonly isFull: boolean;
  /** What one receive has brought; at least one message. */
  put(received: readonly Message<H>[]): void;
  /** The first ones, at least one. */
  take(): readonly Message<H>[];
}

interface Cut {
  /** Messages in one batch, unless what has to stay together is more. */
  readonly most: number;
  /** Whether what one receive has brought may become several batches. */
  readonly cuts: boolean;
}

export function createBuffer<H>({ most, cuts }: Cut): BatchBuffer<H> {
  let waiting: Piece<H>[] = [];
  let messages = 0;
  let bytes = 0;
  return {
    get isEmpty() {
      return waiting.length === 0;
    },
    get isFull() {
      return messages >= most || bytes >= BATCH_BYTES;
    },
    put(received) {
      for (const messagesOfPiece of cuts ? received.map((message) => [message]) : [received]) {
        const piece = { messages: messagesOfPiece, bytes: bytesOf(messagesOfPiece) };
        waiting.push(piece);
        messages += piece.messages.length;
        bytes += piece.bytes;
      }
    },
    take() {
      const batch: Message<H>[] = [];
      let taken = 0;
      let count = 0;
      for (const piece of waiting) {
        const isTooMuch = batch.length + piece.messages.length > most || taken >= BATCH_BYTES;
        if (count > 0 && isTooMuch) break;
        batch.push(...piece.messages);
        taken += piece.bytes;
        count++;
      }
      waiting = waiting.slice(count);
      messages -= batch.length;
      bytes -= taken;
      return batch;
    },
  };
}

/** Messages that go into the same batch. */
interface Piece<H> {
  readonly messages: readonly Message<H>[];
  readonly bytes: number;
}

const bytesOf = (messages: readonly Message[]) => messages.reduce((sum, { letter: { body } }) => sum + body.length, 0);
