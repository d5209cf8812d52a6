import type { EventCursor } from '../../../event/event.js';
import type { JsonWriter } from '../../http/encode/json-writer.js';
import { KeyTable } from '../../http/encode/key-table.js';
import { LocatedValue } from '../../http/encode/located-value.js';
import { Measure } from '../../http/encode/measure.js';
import { Members } from '../../http/encode/members.js';
import type { DatadogLogsEncoderOptions, DatadogLogsRemark } from './options.js';

/** What is to be done with a member: nothing, another name, or it depends on its being a text. */
type Role = 'written' | 'rename' | 'text-only';

/** Limits of one log (https://docs.datadoghq.com/logs/log_collection/). */
const MOST_ATTRIBUTES = 255;
const LONGEST_KEY = 49;
const MOST_LEVELS = 9;

const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
/** Datadog would take the log's date from the first of these (https://docs.datadoghq.com/logs/log_configuration/pipelines/). */
const DATES = ['@timestamp', 'timestamp', '_timestamp', 'Timestamp', 'eventTime', 'date', 'published_date', 'syslog'];
/** Texts with a meaning of their own; other names for two of them. */
const MEANINGFUL = ['hostname', 'host', 'service', 'status', 'severity', 'level', 'ddsource', 'ddtags'];
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  status: ['severity', 'level'],
  hostname: ['host'],
};

/** A limit of Datadog's that a log breaks. */
export interface Breach {
  readonly pointer: readonly string[];
  readonly what: string;
}

/** Writes the members of events as attributes, each value with the bytes that it has in the event. */
export class AttributeWriter {
  /** The first limit that the event at hand breaks. */
  breach: Breach | undefined;
  private count = 0;
  private readonly members = new Members();
  private readonly value = new LocatedValue();
  private readonly measure = new Measure();
  private readonly roles: KeyTable<Role>;

  constructor(
    private readonly writer: JsonWriter,
    private readonly options: DatadogLogsEncoderOptions,
    private readonly remark: (name: DatadogLogsRemark) => void,
  ) {
    this.roles = new KeyTable(rolesFor(options));
  }

  /**
   * Writes all attributes of an event, each with a comma in front.
   * @param messageKey the member that is the message already.
   * @param leaveOut members that must not be written, by their keys.
   */
  write(event: EventCursor, messageKey: string | undefined, leaveOut?: ReadonlySet<string>): void {
    this.count = 0;
    this.breach = undefined;
    for (const { name, pointer } of this.options.mapped) {
      if (!leaveOut?.has(name) && this.value.find(event, pointer)) {
        this.named(name, event.text, this.value.start, this.value.end);
      }
    }
    if (!this.options.keepsMembers) return;
    this.members.begin(event.text, event.members, event.repeatsKeys);
    while (this.members.next()) {
      const key = messageKey !== undefined || leaveOut !== undefined ? keyOf(this.members) : undefined;
      if (key !== undefined && (key === messageKey || leaveOut?.has(key))) continue;
      this.member(event);
    }
  }

  private member({ text, timeUs }: EventCursor): void {
    const { members } = this;
    const role = this.roles.of(members.keyText, members.keyStart, members.keyEnd);
    if (role === 'written') return;
    if (role === 'rename' || (role === 'text-only' && text[members.valueStart] !== QUOTE)) {
      const key = keyOf(members);
      // The log's own date says all that this one says.
      if (key === this.options.timeKey && timeUs % 1_000 === 0) return;
      this.remark('renamed');
      this.named(`original_${key.replace(/^[@_]/u, '')}`, text, members.valueStart, members.valueEnd);
    } else if (members.isPlainKey) {
      this.writer.byte(COMMA);
      this.writer.raw(text, members.keyStart - 1, members.valueEnd);
      this.check(text, members.valueStart, members.valueEnd);
      if (members.keyEnd - members.keyStart > LONGEST_KEY)
        this.break([keyOf(members)], 'a name of 50 characters or more');
    } else {
      this.named(keyOf(members), text, members.valueStart, members.valueEnd);
    }
  }

  private named(name: string, text: Uint8Array, start: number, end: number): void {
    this.writer.byte(COMMA);
    this.writer.string(name);
    this.writer.byte(COLON);
    this.writer.raw(text, start, end);
    this.check(text, start, end);
    if (name.length > LONGEST_KEY) this.break([name], 'a name of 50 characters or more');
  }

  private check(text: Uint8Array, start: number, end: number): void {
    const { measure } = this;
    const isNested = text[start] === 0x7b || text[start] === 0x5b;
    if (isNested) measure.take(text, start, end);
    this.count += 1 + (isNested ? measure.members : 0);
    if (this.count > MOST_ATTRIBUTES) this.break([], '256 attributes or more');
    if (!isNested) return;
    if (measure.depth + 1 > MOST_LEVELS) this.break([keyOf(this.members)], '10 levels or more');
    if (measure.longestKey > LONGEST_KEY) this.break([keyOf(this.members)], 'a name of 50 characters or more');
  }

  private break(pointer: readonly string[], what: string): void {
    this.breach ??= { pointer, what };
  }
}

function keyOf({ keyText, keyStart, keyEnd }: Members): string {
  return Buffer.from(keyText.subarray(keyStart, keyEnd)).toString();
}

function rolesFor({ chosen, mapped }: DatadogLogsEncoderOptions): readonly [string, Role][] {
  const roles = new Map<string, Role>();
  for (const name of DATES) roles.set(name, 'rename');
  for (const name of MEANINGFUL) roles.set(name, 'text-only');
  roles.set('message', 'rename').set('ddtags', 'rename').set('event_id', 'written');
  for (const name of Object.keys(chosen)) {
    roles.set(name, 'rename');
    for (const other of OTHER_NAMES[name] ?? []) roles.set(other, 'rename');
  }
  for (const { name } of mapped) roles.set(name, 'written');
  return [...roles];
}
