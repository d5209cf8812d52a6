/** Numbers by the 64-bit hashes of ids, in columns: an entry is no object, and a removed one leaves nothing behind. */
export interface IdTable {
  readonly size: number;
  get(low: number, high: number): number | undefined;
  /** @param value not below 0. */
  set(low: number, high: number, value: number): void;
  delete(low: number, high: number): void;
}

const SMALLEST = 1_024;
const FREE = -1;

/** Opens a table without entries. */
export function createIdTable(): IdTable {
  let columns = columnsOf(SMALLEST);
  let size = 0;

  /** Where an entry stands, or the free slot where it belongs. */
  const slotOf = (low: number, high: number): number => {
    const { lows, highs, values, mask } = columns;
    let slot = low & mask;
    while (values[slot] !== FREE && (lows[slot] !== low || highs[slot] !== high)) slot = (slot + 1) & mask;
    return slot;
  };
  const put = (slot: number, low: number, high: number, value: number) => {
    columns.lows[slot] = low;
    columns.highs[slot] = high;
    columns.values[slot] = value;
  };
  const widen = () => {
    const { lows, highs, values } = columns;
    columns = columnsOf(2 * values.length);
    for (const [slot, value] of values.entries()) {
      const [low = 0, high = 0] = [lows[slot], highs[slot]];
      if (value !== FREE) put(slotOf(low, high), low, high, value);
    }
  };

  return {
    get size() {
      return size;
    },
    get(low, high) {
      const value = columns.values[slotOf(low, high)] ?? FREE;
      return value === FREE ? undefined : value;
    },
    set(low, high, value) {
      const slot = slotOf(low, high);
      const isNew = columns.values[slot] === FREE;
      put(slot, low, high, value);
      if (isNew && 2 * ++size > columns.values.length) widen();
    },
    delete(low, high) {
      const { lows, highs, values, mask } = columns;
      let hole = slotOf(low, high);
      if (values[hole] === FREE) return;
      size--;
      // Whatever was put further back because of this entry moves up, so that it is still found.
      for (let slot = (hole + 1) & mask; values[slot] !== FREE; slot = (slot + 1) & mask) {
        const home = (lows[slot] ?? 0) & mask;
        if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
        put(hole, lows[slot] ?? 0, highs[slot] ?? 0, values[slot] ?? FREE);
        hole = slot;
      }
      values[hole] = FREE;
    },
  };
}

function columnsOf(slots: number) {
  return {
    lows: new Uint32Array(slots),
    highs: new Uint32Array(slots),
    values: new Float64Array(slots).fill(FREE),
    mask: slots - 1,
  };
}
