import type { EventCursor } from '../../../event/event.js';
import { formatPointer } from '../../../event/pointer.js';
import { JsonWriter } from '../../http/encode/json-writer.js';
import { LocatedValue } from '../../http/encode/located-value.js';
import { RequestBuilder } from '../../http/encode/request-builder.js';
import type { Encoded, Encoder, Rejection } from '../../sink.js';
import { isForbiddenId } from './forbidden.js';
import { writeInsertId } from './insert-id.js';
import type { MixpanelEncoderOptions } from './options.js';
import { PropertyWriter } from './properties.js';

/** Limits of a request and an event (https://docs.mixpanel.com/reference/import-events), the request's with room to spare. */
const MOST_EVENTS = 2_000;
const MOST_REQUEST_BYTES = 9_500_000;
const MOST_EVENT_BYTES = 999_999;
const MOST_PROPERTIES = 254;
const FIRST_TIME_MS = Date.UTC(1971, 0, 1);
const MOST_NAMES = 1_000;
const MOST_CHARACTERS = 255;
/** `time`, `distinct_id`, `$insert_id`. */
const OWN_PROPERTIES = 3;

/** Turns events into requests for `/import`; runs in a worker and never does I/O. */
export function createEncoder(options: unknown): Encoder {
  return new MixpanelEncoder(options as MixpanelEncoderOptions); // made by the sink that names this module
}

class MixpanelEncoder implements Encoder {
  private readonly writer = new JsonWriter();
  private readonly builder = new RequestBuilder(this.writer, { maxEvents: MOST_EVENTS, maxBytes: MOST_REQUEST_BYTES });
  private readonly properties: PropertyWriter;
  private readonly value = new LocatedValue();
  private readonly names = new Map<string, string>();

  constructor(private readonly options: MixpanelEncoderOptions) {
    this.properties = new PropertyWriter(this.writer, options, (name) => this.builder.remark(name));
  }

  add(event: EventCursor, index: number): Rejection | undefined {
    const timeMs = Math.floor(event.timeUs / 1_000);
    const refusal = this.refuse(event, timeMs);
    if (refusal !== undefined) return refusal;
    this.builder.begin();
    this.write(event, timeMs);
    const late = this.refuseWritten();
    if (late === undefined) this.builder.end(index);
    else this.builder.drop();
    return late;
  }

  finish(): Encoded {
    return this.builder.finish();
  }

  /** What Mixpanel is known to refuse, found before anything is written. */
  private refuse({ name, timeUs }: EventCursor, timeMs: number): Rejection | undefined {
    const { pointers } = this.options;
    if (name.trim() === '')
      return at(pointers.name, { code: 'name_missing', reason: 'Mixpanel takes no event without a name' });
    if (Number.isNaN(timeUs))
      return at(pointers.time, { code: 'time_missing', reason: 'Mixpanel takes no event without a time' });
    if (timeMs >= FIRST_TIME_MS) return undefined;
    const when = new Date(timeMs).toISOString();
    const maybe = timeMs > 0 && timeMs < FIRST_TIME_MS ? '; were milliseconds taken for seconds, or the reverse?' : '';
    return at(pointers.time, {
      code: 'time_too_early',
      reason: `${when} lies before 1971, the first year that Mixpanel takes${maybe}`,
    });
  }

  private refuseWritten(): Rejection | undefined {
    const { itemBytes } = this.builder;
    const count = this.properties.count + OWN_PROPERTIES;
    if (itemBytes > MOST_EVENT_BYTES) {
      return at([], {
        code: 'event_too_large',
        reason: `${itemBytes} bytes; Mixpanel takes events of less than 1,000,000`,
      });
    }
    if (count > MOST_PROPERTIES) {
      return at([], {
        code: 'too_many_properties',
        reason: `${count} properties; Mixpanel takes ${MOST_PROPERTIES} at most`,
      });
    }
    if (!this.properties.isIgnored) return undefined;
    return at(['$ignore'], {
      code: 'marked_ignore',
      reason: 'Mixpanel would say that it took this event, and throw it away, because $ignore is set',
    });
  }

  private write(event: EventCursor, timeMs: number): void {
    const { writer, properties } = this;
    writer.ascii('{"event":');
    writer.ascii(this.nameJson(event.name));
    writer.ascii(',"properties":{"time":');
    writer.integer(timeMs);
    writer.ascii(',"distinct_id":');
    const user = this.writeUser(event);
    writer.ascii(',"$insert_id":');
    const id = writeInsertId(writer, event, this.options.idSalt);
    if (!id) this.builder.remark('digested-ids');
    properties.write(event, { id, time: event.timeUs % 1_000 === 0, user });
    if (!properties.hasIp) {
      writer.ascii(',"ip":0');
      properties.count++;
    }
    writer.ascii('}}');
  }

  /** Returns whether the user is written as the event has it. */
  private writeUser(event: EventCursor): boolean {
    const { writer } = this;
    const { user } = this.options.pointers;
    const isThere = user !== undefined && this.value.find(event, user);
    if (isThere && this.value.isPlainText(event)) {
      const { start, end } = this.value;
      if (end - start <= MOST_CHARACTERS && !isForbiddenId(event.text, start + 1, end - 1)) {
        writer.raw(event.text, start, end);
        return true;
      }
    }
    const text = isThere ? this.value.text(event) : undefined;
    const bytes = text === undefined ? undefined : Buffer.from(text);
    if (text === undefined || bytes === undefined || isForbiddenId(bytes, 0, bytes.length)) {
      writer.ascii('""');
      this.builder.remark('without-user');
      return false;
    }
    writer.string(text);
    if (text.length > MOST_CHARACTERS) this.builder.remark('long-texts');
    return true;
  }

  /** The name as an ASCII JSON string; each is made once. */
  private nameJson(name: string): string {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    const json = JSON.stringify(name).replace(/[\u0080-\uffff]/gu, escapeOf);
    if (this.names.size < MOST_NAMES) this.names.set(name, json);
    return json;
  }
}

function escapeOf(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}

function at(pointer: readonly string[] | undefined, why: Pick<Rejection, 'code' | 'reason'>): Rejection {
  return { kind: 'rejected', ...why, ...(pointer !== undefined && { pointer: formatPointer(pointer) }) };
}
