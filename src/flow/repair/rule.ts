import type { Pointer } from '../../event/pointer.js';

/** What mends events: rules, or code. Plain data that a worker can receive. */
export type RepairSpec =
  | { readonly kind: 'rules'; readonly rules: readonly Rule[] }
  /** URL of a module whose default export is `event => event | null | event[]`. */
  | { readonly kind: 'code'; readonly module: string; readonly name: string };

/** One rule: what it is about, and what it does, in this order. */
export interface Rule {
  readonly name: string;
  /** A CEL expression; a rule without one is about every event. */
  readonly when?: string;
  readonly operations: readonly Operation[];
}

/** One change to an event. Pointers are unescaped tokens, values raw JSON. */
export type Operation =
  | { readonly kind: 'set'; readonly at: Pointer; readonly value: string }
  | { readonly kind: 'compute'; readonly at: Pointer; readonly cel: string }
  | { readonly kind: 'copy'; readonly from: Pointer; readonly to: Pointer }
  /** Where there is nothing, or null. */
  | { readonly kind: 'default'; readonly at: Pointer; readonly value: string }
  | { readonly kind: 'rename'; readonly from: Pointer; readonly to: Pointer }
  | { readonly kind: 'remove'; readonly at: Pointer }
  | { readonly kind: 'cast'; readonly at: Pointer; readonly to: CastTarget }
  | { readonly kind: 'parseJson'; readonly at: Pointer }
  /** Each element becomes an event; with `into` it is put there, in a copy of the rest. */
  | { readonly kind: 'splitArray'; readonly at: Pointer; readonly into?: Pointer }
  | { readonly kind: 'drop' };

/** What `cast` can make of a value. */
export const CAST_TARGETS = [
  'string',
  'number',
  'integer',
  'boolean',
  'time',
  'seconds-to-milliseconds',
  'milliseconds-to-seconds',
] as const;

export type CastTarget = (typeof CAST_TARGETS)[number];

/** An example in the file of rules: what an event is before, and what it must be after. */
export interface RuleTest {
  /** Of the rule that it stands under; undefined when all rules are applied. */
  readonly rule: string | undefined;
  /** `rules.yaml:12:5` */
  readonly at: string;
  readonly before: string;
  /** JSON texts; none when the event must be dropped. */
  readonly after: readonly string[];
}
