/** What one transport wrapped around an event, and what it says of it. */
export interface Layer {
  /** Name of the family: `sns`, `lambda-failure`. */
  readonly kind: string;
  readonly id?: string;
  /** Where the letter came from: a queue, a topic, a function, a stream. */
  readonly queue?: string;
  /** What the transport calls it: a job's class, a detail type. */
  readonly name?: string;
  /** RFC 3339, or a number as the transport writes it. */
  readonly time?: string | number;
  /** Why it was not taken. */
  readonly error?: { readonly class?: string; readonly message?: string; readonly pointer?: string };
  /** How often it has been tried. */
  readonly deliveries?: number;
}

/** What an envelope gives to an event that does not have it itself. */
export interface Given {
  readonly id?: string;
  readonly name?: string;
  readonly time?: string | number;
  /** Whether `id` is the event's own id and not that of a message around it. */
  readonly isEventId?: boolean;
}
