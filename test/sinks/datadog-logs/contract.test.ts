import { sinkContract } from '../contract.js';
import { eventOf, openIntake } from './intake.js';

sinkContract('datadog-logs', async () => {
  const intake = await openIntake({ refuse: ({ refuse_me }) => refuse_me === true });
  return {
    sink: intake.sink,
    good: (from, count) => intake.delivery(Array.from({ length: count }, (_, n) => eventOf(from + n))),
    withRefused: () =>
      intake.delivery([1, 2, 3, 4, 5].map((id) => eventOf(id, { ...(id === 3 && { refuse_me: true }) }))),
    held: async () => intake.datadog.logs.length,
    [Symbol.asyncDispose]: () => intake[Symbol.asyncDispose](),
  };
});
