import type { EventCursor } from '../../../event/event.js';
import { formatPointer } from '../../../event/pointer.js';
import { JsonWriter } from '../../http/encode/json-writer.js';
import { LocatedValue } from '../../http/encode/located-value.js';
import { RequestBuilder } from '../../http/encode/request-builder.js';
import type { Encoded, Encoder, Rejection } from '../../sink.js';
import { AttributeWriter } from './attributes.js';
import { chooseCuts } from './cut.js';
import type { ChosenAttribute, DatadogLogsEncoderOptions, Origin } from './options.js';
import { normalTag } from './tags.js';

/** Limits of a request and a log (https://docs.datadoghq.com/api/latest/logs/#send-logs), the request's with room to spare. */
const MOST_LOGS = 1_000;
const MOST_REQUEST_BYTES = 4_500_000;
const MOST_LOG_BYTES = 1_000_000;
/** Up to here a log is kept whole in the index. */
const INDEXED_BYTES = 25_000;

const TEXTS: readonly Exclude<ChosenAttribute, 'message'>[] = ['ddsource', 'service', 'status', 'hostname'];

/** Turns events into requests for the logs intake v2; runs in a worker and never does I/O. */
export function createEncoder(options: unknown): Encoder {
  return new DatadogLogsEncoder(options as DatadogLogsEncoderOptions); // made by the sink that names this module
}

class DatadogLogsEncoder implements Encoder {
  private readonly writer = new JsonWriter();
  private readonly builder = new RequestBuilder(this.writer, { maxEvents: MOST_LOGS, maxBytes: MOST_REQUEST_BYTES });
  private readonly attributes: AttributeWriter;
  private readonly value = new LocatedValue();
  private readonly fixedTags: string;
  private messageKey: string | undefined;
  private isMessageCut = false;

  constructor(private readonly options: DatadogLogsEncoderOptions) {
    this.attributes = new AttributeWriter(this.writer, options, (name) => this.builder.remark(name));
    this.fixedTags = options.tags.join(',');
  }

  add(event: EventCursor, index: number): Rejection | undefined {
    if (Number.isNaN(event.timeUs)) {
      return {
        kind: 'rejected',
        code: 'time_missing',
        reason: 'without a time Datadog would give it the time of its arrival',
      };
    }
    this.builder.begin();
    this.write(event);
    const refusal = this.options.oversize === 'cut' ? this.cutToFit(event) : this.refuseOversize();
    if (refusal === undefined) {
      if (this.builder.itemBytes > INDEXED_BYTES) this.builder.remark('long-for-index');
      this.builder.end(index);
    } else {
      this.builder.drop();
    }
    return refusal;
  }

  finish(): Encoded {
    return this.builder.finish();
  }

  private refuseOversize(): Rejection | undefined {
    const { itemBytes } = this.builder;
    const { breach } = this.attributes;
    if (itemBytes > MOST_LOG_BYTES) {
      return {
        kind: 'rejected',
        code: 'log_too_large',
        reason: `${itemBytes} bytes: Datadog would cut it at 1,000,000 in silence; oversize=cut in the address leaves parts out, and says which`,
      };
    }
    if (breach === undefined) return undefined;
    return {
      kind: 'rejected',
      code: 'attribute_limit',
      reason: `${breach.what}: Datadog promises to keep fewer; oversize=cut in the address leaves parts out, and says which`,
      pointer: formatPointer(breach.pointer),
    };
  }

  /** Leaves out what breaks a limit or makes the log too large, largest first, and marks the log. */
  private cutToFit(event: EventCursor): Rejection | undefined {
    if (this.refuseOversize() === undefined) return undefined;
    const { leaveOut, mostMessage } = chooseCuts(event, this.messageKey);
    this.builder.drop();
    this.builder.begin();
    this.write(event, { leaveOut, mostMessage });
    this.builder.remark('cut');
    return this.refuseOversize();
  }

  private write(
    event: EventCursor,
    cuts?: { readonly leaveOut: ReadonlySet<string>; readonly mostMessage: number },
  ): void {
    const { writer } = this;
    writer.ascii('{"message":');
    this.message(event, cuts?.mostMessage);
    writer.ascii(',"timestamp":');
    writer.integer(Math.floor(event.timeUs / 1_000));
    writer.ascii(',"event_id":');
    if (event.idEnd > event.idStart) writer.quoted(event.text, event.idStart, event.idEnd);
    else writer.string(event.id);
    for (const name of TEXTS) this.chosenText(event, name);
    this.tags(event);
    this.attributes.write(event, this.messageKey, cuts?.leaveOut);
    if (cuts !== undefined) this.mark([...cuts.leaveOut, ...(this.isMessageCut ? ['message'] : [])]);
    writer.ascii('}');
  }

  /** Names what was left out or cut. */
  private mark(names: readonly string[]): void {
    const { writer } = this;
    writer.ascii(',"respool_cut":[');
    for (const [at, name] of names.entries()) {
      if (at > 0) writer.ascii(',');
      writer.string(name);
    }
    writer.ascii(']');
  }

  /** The chosen one, else the member `message`, else the event's name, else its id. */
  private message(event: EventCursor, most = Number.POSITIVE_INFINITY): void {
    this.messageKey = undefined;
    const chosen = this.options.chosen.message;
    const own = chosen === undefined ? this.textAt(event, ['message']) : this.textOf(event, chosen);
    if (chosen === undefined && own !== undefined) this.messageKey = 'message';
    const text = own || event.name || event.id;
    this.isMessageCut = text.length > most;
    this.writer.string(this.isMessageCut ? `${text.slice(0, most)}… (cut by respool)` : text);
  }

  private chosenText(event: EventCursor, name: Exclude<ChosenAttribute, 'message'>): void {
    const origin = this.options.chosen[name];
    const text = origin && this.textOf(event, origin);
    if (!text) return;
    this.writer.ascii(`,"${name}":`);
    this.writer.string(text);
  }

  private tags(event: EventCursor): void {
    let tags = this.fixedTags;
    for (const { name, pointer } of this.options.tagPointers) {
      const text = this.textAt(event, pointer);
      if (text) tags += `${tags === '' ? '' : ','}${normalTag(`${name}:${text}`)}`;
    }
    if (tags === '') return;
    this.writer.ascii(',"ddtags":');
    this.writer.string(tags);
  }

  private textOf(event: EventCursor, origin: Origin): string | undefined {
    return origin.kind === 'text' ? origin.text : this.textAt(event, origin.pointer);
  }

  private textAt(event: EventCursor, pointer: readonly string[]): string | undefined {
    return this.value.find(event, pointer) ? this.value.text(event) : undefined;
  }
}
