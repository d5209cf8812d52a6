import { createIdTable } from '../id-table.js';
import { idBytes, type Page } from './page.js';

/** Where an event stands in the log. */
export interface Place {
  readonly page: Page;
  readonly index: number;
}

/** Ids of the log that are not in the tree yet, by their hashes; they are compared whole. */
export interface Recent {
  readonly pages: ReadonlySet<Page>;
  add(page: Page): void;
  /** The newest place of an id, whose hash are the two words. */
  find(low: number, high: number, id: Uint8Array): Place | undefined;
}

/** Opens an index without ids. */
export function createRecent(): Recent {
  const pages = new Set<Page>();
  const byNumber: Page[] = [];
  const places = createIdTable();
  // Ids whose hash is another id's too, which hardly ever happens.
  const collided = new Map<string, Place>();

  const placeAt = (packed: number): Place | undefined => {
    const page = byNumber[Math.floor(packed / MOST_IN_PAGE)];
    return page && { page, index: packed % MOST_IN_PAGE };
  };
  const find = (low: number, high: number, id: Uint8Array): Place | undefined => {
    const packed = places.get(low, high);
    if (packed === undefined) return undefined;
    const place = placeAt(packed);
    if (place !== undefined && isEqual(idBytes(place.page, place.index), id)) return place;
    return collided.size === 0 ? undefined : collided.get(textOf(id));
  };
  return {
    pages,
    find,
    add(page) {
      pages.add(page);
      const number = byNumber.push(page) - 1;
      for (let index = 0; index < page.count; index++) {
        const [low = 0, high = 0] = [page.hashes[2 * index], page.hashes[2 * index + 1]];
        const packed = places.get(low, high);
        const known = packed === undefined ? undefined : placeAt(packed);
        const id = idBytes(page, index);
        if (known === undefined || isEqual(idBytes(known.page, known.index), id)) {
          places.set(low, high, number * MOST_IN_PAGE + index);
        } else collided.set(textOf(id), { page, index });
      }
    },
  };
}

const MOST_IN_PAGE = 2 ** 20;

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const textOf = (id: Uint8Array) => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1');
