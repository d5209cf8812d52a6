import type { EventCursor } from '../../../event/event.js';
import type { JsonWriter } from '../../http/encode/json-writer.js';
import { KeyTable } from '../../http/encode/key-table.js';
import { LocatedValue } from '../../http/encode/located-value.js';
import { Measure } from '../../http/encode/measure.js';
import { Members } from '../../http/encode/members.js';
import { writeNested } from './nested-text.js';
import type { MixpanelEncoderOptions, MixpanelRemark } from './options.js';

/** What is to be done with a member of the event. */
type Role = 'id' | 'name' | 'time' | 'user' | 'reserved' | 'ip' | 'ignore' | 'unfold' | 'mapped';

/** Which parts of the identity went over as they are, so that they need not go twice. */
export interface Verbatim {
  readonly id: boolean;
  readonly time: boolean;
  readonly user: boolean;
}

interface Way {
  readonly roles: KeyTable<Role>;
  readonly verbatim: Verbatim;
}

const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
/** The member whose own members become properties, when it is an object. */
const UNFOLDED = 'properties';
/** Names that Mixpanel gives a meaning of its own, or forbids. */
const RESERVED = ['time', 'distinct_id', '$insert_id', 'bucket', '$bucket'];
/** Longest text that Mixpanel keeps, in characters; an object or list is kept up to 8 KB. */
const MOST_CHARACTERS = 255;
const MOST_NESTED_BYTES = 8_192;
const MOST_DEPTH = 3;
const MOST_ELEMENTS = 254;

/** Writes the members of events as properties, each value with the bytes that it has in the event. */
export class PropertyWriter {
  /** Properties of the event at hand. */
  count = 0;
  hasIp = false;
  /** Whether the event asks Mixpanel to throw it away. */
  isIgnored = false;
  private readonly outer = new Members();
  private readonly inner = new Members();
  private readonly value = new LocatedValue();
  private readonly measure = new Measure();
  private readonly roles: KeyTable<Role>;
  private readonly innerRoles: KeyTable<Role>;

  constructor(
    private readonly writer: JsonWriter,
    private readonly options: MixpanelEncoderOptions,
    private readonly remark: (name: MixpanelRemark) => void,
  ) {
    this.roles = new KeyTable([...rolesIn(options, []), [UNFOLDED, 'unfold']]);
    this.innerRoles = new KeyTable(rolesIn(options, [UNFOLDED]));
  }

  /** Writes all properties of an event, each with a comma in front. */
  write(event: EventCursor, verbatim: Verbatim): void {
    this.count = 0;
    this.hasIp = false;
    this.isIgnored = false;
    for (const { name, pointer } of this.options.mapped) {
      if (this.value.find(event, pointer)) this.named(name, event.text, this.value.start, this.value.end);
    }
    if (!this.options.keepsMembers) return;
    this.outer.begin(event.text, event.members, event.repeatsKeys);
    while (this.outer.next()) this.member(this.outer, event, { roles: this.roles, verbatim });
  }

  private member(member: Members, event: EventCursor, { roles, verbatim }: Way): void {
    const role = roles.of(member.keyText, member.keyStart, member.keyEnd);
    switch (role) {
      case undefined:
        this.plain(member, event.text);
        break;
      case 'ip':
        this.ip(event.text, member.valueStart, member.valueEnd);
        break;
      case 'ignore':
        this.ignore(member, event.text);
        break;
      default:
        if (goesOver(role, verbatim)) break;
        if (role === 'unfold' && event.text[member.valueStart] === OPEN_BRACE) this.unfold(event, member, verbatim);
        else this.underItsOwnName(member, event.text);
    }
  }

  /** A name that Mixpanel reserves gives way. */
  private underItsOwnName(member: Members, text: Uint8Array): void {
    const key = keyOf(member);
    if (!RESERVED.includes(key)) {
      this.plain(member, text);
      return;
    }
    this.remark('renamed');
    this.named(`original_${key.replace(/^\$/u, '')}`, text, member.valueStart, member.valueEnd);
  }

  private unfold(event: EventCursor, { valueStart, valueEnd }: Members, verbatim: Verbatim): void {
    const { inner, outer } = this;
    inner.beginObject(event.text, valueStart, valueEnd, event.repeatsKeys);
    while (inner.next()) {
      const outerRole = this.roles.of(inner.keyText, inner.keyStart, inner.keyEnd);
      const isFree = outerRole === 'unfold' || (outerRole !== undefined && goesOver(outerRole, verbatim));
      if (isFree || !outer.has(inner.keyText, inner.keyStart, inner.keyEnd)) {
        this.member(inner, event, { roles: this.innerRoles, verbatim });
      } else {
        this.named(`${UNFOLDED}.${keyOf(inner)}`, event.text, inner.valueStart, inner.valueEnd);
      }
    }
  }

  private ip(text: Uint8Array, start: number, end: number): void {
    const first = text[start];
    // null, false and the empty text would have Mixpanel look up where the request came from.
    if (first === 0x6e || first === 0x66 || end - start < 3) return;
    this.hasIp = true;
    this.named('ip', text, start, end);
  }

  private ignore(member: Members, text: Uint8Array): void {
    const value = Buffer.from(text.subarray(member.valueStart, member.valueEnd)).toString();
    if (value === 'true' || (value.startsWith('"') && value.length > 2)) this.isIgnored = true;
    this.plain(member, text);
  }

  private plain(member: Members, text: Uint8Array): void {
    const { keyStart, keyEnd, valueStart, valueEnd } = member;
    if (!member.isPlainKey) {
      this.named(keyOf(member), text, valueStart, valueEnd);
      return;
    }
    this.begin();
    // The key with its quotes and colon, as it stands.
    this.writer.raw(text, keyStart - 1, valueStart);
    if (keyEnd - keyStart > MOST_CHARACTERS) this.remark('long-texts');
    this.valueOf(text, valueStart, valueEnd);
  }

  private named(name: string, text: Uint8Array, start: number, end: number): void {
    this.begin();
    this.writer.string(name);
    this.writer.byte(COLON);
    if (name === 'ip') this.hasIp = true;
    this.valueOf(text, start, end);
  }

  private begin(): void {
    this.writer.byte(COMMA);
    this.count++;
  }

  /** Writes a value, and counts what the service would cut. */
  private valueOf(text: Uint8Array, start: number, end: number): void {
    const first = text[start];
    if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      this.nested(text, start, end);
      return;
    }
    this.writer.raw(text, start, end);
    if (first !== QUOTE || end - start <= MOST_CHARACTERS + 2) return;
    if (charactersOf(text, start, end) > MOST_CHARACTERS) this.remark('long-texts');
  }

  private nested(text: Uint8Array, start: number, end: number): void {
    const { measure, writer } = this;
    measure.take(text, start, end);
    const isWide = end - start > MOST_NESTED_BYTES || measure.widest > MOST_ELEMENTS;
    const isOdd = isWide || measure.depth > MOST_DEPTH;
    if (isOdd) this.remark('nested-values');
    if (isOdd && this.options.nested === 'text') {
      writeNested(writer, text, { start, end, levels: measure.widest > MOST_ELEMENTS ? 0 : MOST_DEPTH });
    } else {
      writer.raw(text, start, end);
    }
  }
}

/** Whether a member has gone over already, as what it stands for. */
function goesOver(role: Role, verbatim: Verbatim): boolean {
  if (role === 'name' || role === 'mapped') return true;
  return (role === 'id' || role === 'time' || role === 'user') && verbatim[role];
}

function keyOf({ keyText, keyStart, keyEnd }: Members): string {
  return Buffer.from(keyText.subarray(keyStart, keyEnd)).toString();
}

function charactersOf(text: Uint8Array, start: number, end: number): number {
  return (JSON.parse(Buffer.from(text.subarray(start, end)).toString()) as string).length; // a string by its quotes
}

/** Roles of the keys that lie directly in `container`. */
function rolesIn({ pointers, mapped }: MixpanelEncoderOptions, container: readonly string[]): [string, Role][] {
  const roles = new Map<string, Role>();
  for (const name of RESERVED) roles.set(name, 'reserved');
  roles.set('ip', 'ip').set('$ignore', 'ignore');
  for (const role of ['user', 'time', 'id', 'name'] as const) {
    const pointer = pointers[role];
    const key = pointer?.[container.length];
    const isHere = pointer?.length === container.length + 1 && container.every((token, at) => pointer[at] === token);
    if (key !== undefined && isHere) roles.set(key, role);
  }
  for (const { name } of mapped) roles.set(name, 'mapped');
  return [...roles];
}
