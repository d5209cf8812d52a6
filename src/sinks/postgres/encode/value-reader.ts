import type { EventCursor } from '../../../event/event.js';
import { locatePointer } from '../../../event/locate.js';
import type { ColumnSource } from './options.js';

/** Reads what fills one column out of an event: parsed, and as the JSON text that stands in the event. */
export interface ValueReader {
  value(event: EventCursor): unknown;
  /** Finds the value's JSON text and leaves its bounds in `start` and `end`; false when there is none. */
  locate(event: EventCursor): boolean;
  readonly start: number;
  readonly end: number;
  /** Where a message points to. */
  readonly pointer: string;
}

/** The reader for a member or a pointer; identity and whole events are written without one. */
export function createValueReader(source: ColumnSource): ValueReader {
  if (source.kind === 'event') return new WholeReader();
  if (source.kind !== 'pointer') return new AbsentReader();
  const [first] = source.pointer;
  return source.pointer.length === 1 && first !== undefined
    ? new MemberReader(first)
    : new PointerReader(source.pointer);
}

/** RFC 6901 text of a pointer's tokens. */
export function pointerText(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

class MemberReader implements ValueReader {
  start = 0;
  end = 0;
  readonly pointer: string;

  constructor(private readonly key: string) {
    this.pointer = pointerText([key]);
  }

  value(event: EventCursor): unknown {
    return event.member(this.key);
  }

  locate(event: EventCursor): boolean {
    if (!event.locate(this.key)) return false;
    this.start = event.rawStart;
    this.end = event.rawEnd;
    return true;
  }
}

class PointerReader implements ValueReader {
  start = 0;
  end = 0;
  readonly pointer: string;

  constructor(private readonly tokens: readonly string[]) {
    this.pointer = pointerText(tokens);
  }

  value(event: EventCursor): unknown {
    const [first = '', ...others] = this.tokens;
    let value = event.member(first);
    for (const token of others) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined;
      value = value[token as keyof typeof value]; // own property, just checked
    }
    return value;
  }

  locate(event: EventCursor): boolean {
    const span = locatePointer(event.text, event, this.tokens);
    if (span === undefined) return false;
    this.start = span.start;
    this.end = span.end;
    return true;
  }
}

class WholeReader implements ValueReader {
  start = 0;
  end = 0;
  readonly pointer = '';

  value(event: EventCursor): unknown {
    return event.value;
  }

  locate(event: EventCursor): boolean {
    this.start = event.start;
    this.end = event.end;
    return true;
  }
}

class AbsentReader implements ValueReader {
  readonly start = 0;
  readonly end = 0;
  readonly pointer = '';

  value(): unknown {
    return undefined;
  }

  locate(): boolean {
    return false;
  }
}
