import type { SinkProgress, Snapshot } from './progress.js';
import type { Rate } from './rate.js';
import { bytes, counted, duration, shorten, thousands } from './text.js';

/**
 * One line that says how far a run has come: events, rates, share and time left where the size is known, and for each
 * sink how far it lags behind and what it waits for.
 */
export function renderProgress(snapshot: Snapshot, rate: Rate | undefined, width = Number.POSITIVE_INFINITY): string {
  const sinks = snapshot.sinks.flatMap((sink) => sinkPart(sink, snapshot));
  // A small source has been read before its first event has come through: its share would say that all is done.
  const parts = snapshot.read === 0 ? ['0 events'] : [...shareOf(snapshot), ...speedOf(snapshot, rate)];
  return shorten([...parts, ...sinks].join(' · '), width);
}

function speedOf(snapshot: Snapshot, rate: Rate | undefined): string[] {
  const events = counted(snapshot.read, 'event');
  if (rate === undefined) return [events];
  const { eventsPerSecond, bytesPerSecond } = rate;
  const speeds = [
    `${thousands(eventsPerSecond)}/s`,
    ...(snapshot.isSizedByEvents ? [] : [`${bytes(bytesPerSecond)}/s`]),
  ];
  return [events, ...speeds, ...timeLeft(snapshot, rate)];
}

function shareOf({ bytesRead, bytesTotal }: Snapshot): string[] {
  if (bytesTotal === undefined || bytesTotal === 0) return [];
  return [`${Math.min(100, Math.floor((100 * bytesRead) / bytesTotal))} %`];
}

function timeLeft({ bytesRead, bytesTotal }: Snapshot, { bytesPerSecond }: Rate): string[] {
  if (bytesTotal === undefined || bytesRead >= bytesTotal || bytesPerSecond < 1) return [];
  return [`${duration((1000 * (bytesTotal - bytesRead)) / bytesPerSecond)} left`];
}

/** A sink that keeps up and does not wait is not worth a word. */
function sinkPart({ name, inFlight, waiting }: SinkProgress, { read }: Snapshot): string[] {
  const lags = read > 0 && inFlight > 0.1 * read;
  if (waiting !== undefined) return [`${name} waits: ${waiting}${lags ? ` (${thousands(inFlight)} behind)` : ''}`];
  return lags ? [`${name} ${thousands(inFlight)} behind`] : [];
}
