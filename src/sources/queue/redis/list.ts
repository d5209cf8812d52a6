import { type RedisConnection, runScript } from './connect.js';
import { type Removal, removals } from './job-store.js';

/** Reads a list from its oldest end and removes single elements by their exact bytes. */
export interface ListReader {
  /** The next elements as far as there were some at the start; none when that end has been reached. */
  next(signal: AbortSignal): Promise<readonly Buffer[]>;
  /** Removes, for each, the element nearest to the oldest end that has exactly these bytes. */
  remove(elements: readonly (string | Buffer)[]): Promise<readonly Removal[]>;
}

interface ListOptions {
  readonly key: string;
  /** Where the oldest element lies: `tail` for LPUSH with BRPOP, `head` for RPUSH. */
  readonly oldest: 'head' | 'tail';
  /** Whether what is added after the start is read too. */
  readonly follow: boolean;
}

const MOST_ELEMENTS = 1_000;
const MOST_BYTES = 4 * 2 ** 20;

export function createListReader(connection: RedisConnection, { key, oldest, follow }: ListOptions): ListReader {
  /** Elements that have been read and are still there, as far as we know: they lie in front of the next one. */
  let inFront = 0;
  let unread: number | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  // One after the other: what is removed moves what is read.
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = turn.then(task);
    turn = result.catch(() => {});
    return result;
  };
  const next = (signal: AbortSignal) =>
    connection.read(async (redis) => {
      unread ??= follow ? Number.POSITIVE_INFINITY : await redis.llen(key);
      const count = Math.min(unread, MOST_ELEMENTS);
      if (count === 0) return [];
      const values = [oldest, String(inFront), String(count), String(MOST_BYTES)];
      const elements = (await runScript(redis, PAGE_OF_LIST, { keys: [key], values })) as Buffer[]; // as the script answers
      inFront += elements.length;
      unread -= elements.length;
      return elements;
    }, signal);
  const remove = (elements: readonly (string | Buffer)[]) =>
    connection.write(async (redis) => {
      const values = [oldest === 'tail' ? '-1' : '1', ...elements];
      const answers = removals(await runScript(redis, REMOVE_ELEMENTS, { keys: [key], values }));
      // What somebody else took does not lie in front of the next one either.
      inFront = Math.max(0, inFront - elements.length);
      return answers;
    });
  return { next: (signal) => inTurn(() => next(signal)), remove: (elements) => inTurn(() => remove(elements)) };
}

/** KEYS: the list. ARGV: oldest end, elements in front, most elements, most bytes. */
const PAGE_OF_LIST = `
local page, bytes, at, isTail = {}, 0, tonumber(ARGV[2]), ARGV[1] == 'tail'
local to = at + tonumber(ARGV[3]) - 1
local length = redis.call('LLEN', KEYS[1])
if at >= length then return page end
local STEP = 50
while #page < tonumber(ARGV[3]) and bytes < tonumber(ARGV[4]) do
  local last = math.min(to, at + STEP - 1)
  local some
  if isTail then some = redis.call('LRANGE', KEYS[1], -1 - last, -1 - at) else some = redis.call('LRANGE', KEYS[1], at, last) end
  if #some == 0 then break end
  for index = 1, #some do
    local element = isTail and some[#some + 1 - index] or some[index]
    page[#page + 1] = element
    bytes = bytes + #element
  end
  at = at + #some
end
return page
`;

/** KEYS: the list. ARGV: direction of LREM, then elements. */
const REMOVE_ELEMENTS = `
local answers = {}
for at = 2, #ARGV do answers[at - 1] = redis.call('LREM', KEYS[1], ARGV[1], ARGV[at]) end
return answers
`;
