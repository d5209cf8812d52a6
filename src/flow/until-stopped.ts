/**
 * The items of a source until it ends or the user stops the run. The stop is an end, not an error, and it is not
 * waited for: a source may hang in a read that nothing wakes up.
 */
export async function* untilStopped<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let stop: () => void = ignore;
  // One listener for all items: of thousands of small files each is an item of its own.
  const onAbort = () => stop();
  signal.addEventListener('abort', onAbort);
  const next = () =>
    new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
      stop = () => resolve(undefined);
      if (signal.aborted) stop();
      iterator.next().then(resolve, (error: unknown) => (signal.aborted ? stop() : reject(error)));
    });
  try {
    for (;;) {
      const result = await next();
      if (result === undefined || result.done) return;
      yield result.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    const closing = iterator.return?.();
    if (signal.aborted) closing?.catch(ignore);
    else await closing;
  }
}

function ignore(): void {
  // What comes after the stop is nobody's business any more.
}
