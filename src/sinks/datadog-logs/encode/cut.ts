import type { EventCursor } from '../../../event/event.js';
import { Measure } from '../../http/encode/measure.js';
import { Members } from '../../http/encode/members.js';

/** What is left out of a log so that the rest keeps to Datadog's limits. */
export interface Cuts {
  /** Keys of members. */
  readonly leaveOut: ReadonlySet<string>;
  /** The message is cut behind so many characters. */
  readonly mostMessage: number;
}

/** The Agent, too, cuts messages here. */
const MOST_MESSAGE = 225_000;
/** All attributes together; the message may take up to four times its characters. */
const MOST_BYTES = 80_000;
const MOST_ATTRIBUTES = 200;
const LONGEST_KEY = 49;
const MOST_LEVELS = 9;

/** Chooses members that break a limit, and then the largest ones, until the others fit. */
export function chooseCuts(event: EventCursor, messageKey: string | undefined): Cuts {
  const leaveOut = new Set<string>();
  const kept: Weighed[] = [];
  for (const weighed of weigh(event)) {
    if (weighed.key === messageKey) continue;
    if (weighed.breaksLimit) leaveOut.add(weighed.key);
    else kept.push(weighed);
  }
  let bytes = kept.reduce((sum, each) => sum + each.bytes, 0);
  let attributes = kept.reduce((sum, each) => sum + each.attributes, 0);
  for (const each of kept.toSorted((a, b) => b.bytes - a.bytes)) {
    if (bytes <= MOST_BYTES && attributes <= MOST_ATTRIBUTES) break;
    leaveOut.add(each.key);
    bytes -= each.bytes;
    attributes -= each.attributes;
  }
  return { leaveOut, mostMessage: MOST_MESSAGE };
}

interface Weighed {
  readonly key: string;
  readonly bytes: number;
  readonly attributes: number;
  readonly breaksLimit: boolean;
}

function* weigh(event: EventCursor): Generator<Weighed> {
  const members = new Members();
  const measure = new Measure();
  members.begin(event.text, event.members, event.repeatsKeys);
  while (members.next()) {
    const { keyText, keyStart, keyEnd, valueStart, valueEnd } = members;
    const key = Buffer.from(keyText.subarray(keyStart, keyEnd)).toString();
    const isNested = event.text[valueStart] === 0x7b || event.text[valueStart] === 0x5b;
    if (isNested) measure.take(event.text, valueStart, valueEnd);
    const isDeep = isNested && (measure.depth + 1 > MOST_LEVELS || measure.longestKey > LONGEST_KEY);
    yield {
      key,
      bytes: valueEnd - valueStart + key.length,
      attributes: 1 + (isNested ? measure.members : 0),
      breaksLimit: isDeep || key.length > LONGEST_KEY,
    };
  }
}
