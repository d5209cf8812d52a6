import { sinkContract } from '../contract.js';
import { eventOf, openProject } from './project.js';

sinkContract('mixpanel', async () => {
  const project = await openProject({
    refuse: ({ properties }) =>
      properties.refuse_me === true ? { field: 'properties.refuse_me', message: 'is not liked' } : undefined,
  });
  return {
    sink: project.sink,
    good: (from, count) => project.delivery(Array.from({ length: count }, (_, n) => eventOf(from + n))),
    withRefused: () =>
      project.delivery([1, 2, 3, 4, 5].map((id) => eventOf(id, { ...(id === 3 && { refuse_me: true }) }))),
    held: async () => project.mixpanel.query().length,
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
});
