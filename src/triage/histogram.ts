const MOST_BUCKETS = 1_024;
const WIDER = 8;

/** Counts over time in bounded room: when the buckets get too many, they get wider. */
export class Histogram {
  private widthMs = 60_000;
  private buckets = new Map<number, number>();
  firstMs = Number.POSITIVE_INFINITY;
  lastMs = Number.NEGATIVE_INFINITY;

  add(ms: number): void {
    if (!Number.isFinite(ms)) return;
    this.firstMs = Math.min(this.firstMs, ms);
    this.lastMs = Math.max(this.lastMs, ms);
    const bucket = Math.floor(ms / this.widthMs);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
    if (this.buckets.size > MOST_BUCKETS) this.widen();
  }

  /** The counts in `bins` equal stretches from `fromMs` to `toMs`. */
  over(fromMs: number, toMs: number, bins: number): number[] {
    const counts = new Array<number>(bins).fill(0);
    const span = Math.max(1, toMs - fromMs);
    for (const [bucket, count] of this.buckets) {
      const at = Math.floor(((bucket * this.widthMs - fromMs) / span) * bins);
      const bin = Math.min(bins - 1, Math.max(0, at));
      counts[bin] = (counts[bin] ?? 0) + count;
    }
    return counts;
  }

  private widen(): void {
    const wide = new Map<number, number>();
    for (const [bucket, count] of this.buckets) {
      const at = Math.floor(bucket / WIDER);
      wide.set(at, (wide.get(at) ?? 0) + count);
    }
    this.buckets = wide;
    this.widthMs *= WIDER;
  }
}
