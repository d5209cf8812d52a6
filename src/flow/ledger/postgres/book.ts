import { createHash } from 'node:crypto';
import type { EventBatch } from '../../../event/batch.js';
import { type Book, type BookBatch, BUSY, FREE, TAKEN, TAKEN_HERE, UNKNOWN } from '../ledger.js';
import type { Ask } from './postgres-ledger.js';
import {
  bytesArray,
  CLAIM_FREE,
  CLAIM_LEFT,
  CLEAR_MARK,
  FREE_AGAIN,
  LOOK,
  MARK,
  OPEN_MARK,
  SENDING,
  SET_MARK,
  SETTLE,
} from './sql.js';

/** Longer ids are kept by their SHA-256 behind a byte that no UTF-8 holds. */
const MOST_ID_BYTES = 200;
const DIGEST_MARK = 'ff';

interface Identity {
  readonly sink: number;
  readonly writer: number;
  readonly run: string;
}

/** The ledger of one sink in the tables. */
export function openBook(ask: Ask, { sink, writer, run }: Identity): Book {
  const [sinkText, writerText] = [String(sink), String(writer)];

  const standingOf = (row: Readonly<Record<string, unknown>>, { events, part }: BookBatch, index: number): number => {
    const state = Number(row.state);
    if (state === SENDING) return row.is_alive === true && Number(row.writer) !== writer ? BUSY : UNKNOWN;
    if (state !== TAKEN || Number(row.writer) === writer) return state;
    const isHere = Number(row.part) === part && Number(row.place) === events.offsets[index];
    return isHere && row.run === run ? TAKEN_HERE : TAKEN;
  };

  return {
    async look(batch, wanted) {
      const standings = new Uint8Array(batch.events.count).fill(FREE);
      const indexes = chosen(wanted);
      if (indexes.length === 0) return standings;
      const ids = bytesArray(indexes.map((index) => hexOf(batch.events, index)));
      const rows = await ask((connection) => connection.rows(LOOK, [sinkText, ids]));
      for (const row of rows) {
        const index = indexes[Number(row.at)] ?? 0;
        standings[index] = standingOf(row, batch, index);
      }
      return standings;
    },
    async claim({ events, part }, wanted, { isForced, hasMark }) {
      const indexes = chosen(wanted);
      const hex = indexes.map((index) => hexOf(events, index));
      const places = `{${indexes.map((index) => events.offsets[index] ?? 0).join(',')}}`;
      const parameters = [sinkText, writerText, String(part), bytesArray(hex), places];
      const mine = await ask(async (connection) => {
        if (hasMark) await connection.rows(OPEN_MARK, [sinkText]);
        const free = await connection.rows(CLAIM_FREE, parameters);
        if (free.length === indexes.length) return free;
        return [...free, ...(await connection.rows(CLAIM_LEFT, [...parameters, String(isForced)]))];
      });
      const ids = new Set(mine.map(({ id }) => id));
      const isMine = new Uint8Array(events.count);
      for (const [at, index] of indexes.entries()) if (ids.has(hex[at])) isMine[index] = 1;
      return {
        isMine,
        async settle(states, mark) {
          const mine = indexes.filter((index) => isMine[index] === 1);
          const freed = mine.filter((index) => states[index] === FREE);
          const settled = mine.filter((index) => states[index] !== FREE);
          const bytesOf = (chosen: readonly number[]) => bytesArray(chosen.map((index) => hexOf(events, index)));
          const outcomes = `{${settled.map((index) => states[index] ?? UNKNOWN).join(',')}}`;
          await ask(async (connection) => {
            await connection.run('begin');
            await connection.rows(SETTLE, [sinkText, writerText, bytesOf(settled), outcomes]);
            if (freed.length > 0) await connection.rows(FREE_AGAIN, [sinkText, writerText, bytesOf(freed)]);
            if (mark !== undefined) await connection.rows(SET_MARK, [sinkText, mark]);
            await connection.run('commit');
          });
        },
      };
    },
    async mark() {
      const [row] = await ask((connection) => connection.rows(MARK, [sinkText]));
      return typeof row?.mark === 'string' ? { text: row.mark, wasInterrupted: row.is_open === true } : undefined;
    },
    async setMark(mark) {
      await ask((connection) => connection.rows(SET_MARK, [sinkText, mark]));
    },
    async forget() {
      await ask(async (connection) => {
        await connection.rows('delete from respool_ledger where sink = $1::int', [sinkText]);
        await connection.rows(CLEAR_MARK, [sinkText]);
      });
    },
  };
}

function chosen(wanted: Uint8Array): number[] {
  const indexes: number[] = [];
  for (let i = 0; i < wanted.length; i++) if (wanted[i] === 1) indexes.push(i);
  return indexes;
}

function hexOf({ ids: { bytes, ends } }: EventBatch, index: number): string {
  return hexOfId(Buffer.from(bytes.subarray(index === 0 ? 0 : (ends[index - 1] ?? 0), ends[index])));
}

/** An id as the table keeps it, in hex digits. */
export function hexOfId(id: Buffer): string {
  return id.length <= MOST_ID_BYTES ? id.toString('hex') : DIGEST_MARK + createHash('sha256').update(id).digest('hex');
}
