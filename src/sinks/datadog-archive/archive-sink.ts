import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SinkUnavailableError } from '../../errors.js';
import type { Delivery, Rejection, Sink, Verdict } from '../sink.js';
import type { Destination } from './destination.js';
import { partName } from './names.js';
import { type RecordOptions, renderRecord } from './record.js';
import { openSpill, type Spill } from './spill.js';

interface ArchiveSinkOptions {
  readonly label: string;
  readonly destination: Destination;
  readonly record: RecordOptions;
  readonly selection: string | undefined;
  /** A folder for the hours that do not fit into memory. */
  readonly scratch: string;
  readonly onWritten?: ((name: string) => void) | undefined;
}

const compress = promisify(gzip);
const HOUR_US = 3_600_000_000;
const PART_BYTES = 32 * 1024 * 1024;
const MOST_EVENTS = 50_000;
const ACCEPTED: Verdict = { kind: 'accepted' };
const DUPLICATE: Verdict = { kind: 'duplicate' };
/** The years 1 to 9999, which a date of four digits can name. */
const EARLIEST_US = Date.parse('0001-01-01T00:00:00Z') * 1_000;
const LATEST_US = Date.UTC(10_000, 0, 1) * 1_000;

/**
 * Gathers events by the hour and writes each hour at the end. Names and bytes are functions of the events and their
 * order alone, so a rerun writes the same files over the first ones.
 */
export function createArchiveSink(options: ArchiveSinkOptions): Sink {
  const { label, destination, record, selection, scratch, onWritten } = options;
  const spill = openSpill(scratch);
  let last: Promise<unknown> = Promise.resolve();
  let parts = 0;
  return {
    label,
    name: 'datadog-archive',
    onRepeat: 'overwritten',
    limits: { maxEvents: MOST_EVENTS, maxBytes: Number.MAX_SAFE_INTEGER, concurrency: 1 },
    describe: () => ({
      notes: [
        'log archives as Datadog lays them out, an hour a folder, written once all events are there; rehydrate them in Datadog',
        ...(selection === undefined ? ['files are named by their content, as the source cannot be recognised'] : []),
        ...(parts === 0 ? [] : [`${parts} archive files written`]),
      ],
      warnings: [],
    }),
    deliver(delivery, signal) {
      const turn = last.then(() => {
        signal.throwIfAborted();
        return gather(spill, delivery, record);
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    async finish(signal) {
      try {
        for (const hour of spill.hours()) {
          let number = 0;
          for await (const lines of spill.pieces(hour, PART_BYTES)) {
            signal.throwIfAborted();
            const name = partName({ hour, number: number++, lines }, selection);
            await destination.put(name, await compress(lines, { level: 6 }), signal);
            onWritten?.(name);
            parts++;
          }
        }
      } catch (error) {
        signal.throwIfAborted();
        throw unavailable(label, error);
      }
    },
    async [Symbol.asyncDispose]() {
      await destination[Symbol.asyncDispose]();
      await spill.remove();
    },
  };
}

async function gather(spill: Spill, { events, skip }: Delivery, record: RecordOptions): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let index = 0; index < events.count; index++) {
    const timeUs = events.timesUs[index] ?? Number.NaN;
    if (skip?.[index] === 1) verdicts.push(DUPLICATE);
    else if (!(timeUs >= EARLIEST_US && timeUs < LATEST_US)) verdicts.push(WITHOUT_TIME);
    else {
      spill.add(Math.floor(timeUs / HOUR_US), renderRecord(events, index, record));
      verdicts.push(ACCEPTED);
    }
  }
  await spill.relieve();
  return verdicts;
}

const WITHOUT_TIME: Rejection = {
  kind: 'rejected',
  code: 'no_time_for_archive',
  reason: 'it has no usable time, and an archive is laid out by the hour: --time names the field',
};

/** Errors of the disk and of S3 in words, by whether waiting cures them. */
function unavailable(label: string, error: unknown): SinkUnavailableError {
  const words = error instanceof Error ? error.message || error.name : String(error);
  const name = error instanceof Error ? `${error.name} ${'code' in error ? String(error.code) : ''}` : '';
  const isLasting = /EACCES|EPERM|EROFS|ENOTDIR|AccessDenied|NoSuchBucket|Credentials|InvalidAccessKey|Signature/u.test(
    name,
  );
  return new SinkUnavailableError(`${label}: ${words}`, { cure: isLasting ? 'mend' : 'wait', cause: error });
}
