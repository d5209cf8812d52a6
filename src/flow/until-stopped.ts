/**
 * The items of a source until it ends or the user stops the run. The stop is an end, not an error, and it is not
 * waited for: a source may hang in a read that nothing wakes up.
 */
export async function* untilStopped<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await unlessAborted(iterator.next(), signal);
      if (result === undefined || result.done) return;
      yield result.value;
    }
  } finally {
    const closing = iterator.return?.();
    if (signal.aborted) closing?.catch(ignore);
    else await closing;
  }
}

/** Resolves like `promise`, or to undefined as soon as the signal aborts; then nobody hears of the promise any more. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    const release = () => signal.removeEventListener('abort', stop);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, (error: unknown) => (signal.aborted ? stop() : reject(error))).finally(release);
  });
}

function ignore(): void {
  // What comes after the stop is nobody's business any more.
}
