import type { BatchAccount } from './batch-account.js';
import type { ColumnsBuilder } from './columns.js';
import type { Cursor } from './cursor.js';
import type { Encoding } from './encoding.js';
import { createIdentify, type Identify } from './identify.js';
import { Mending } from './mending.js';
import { inspectText, isObject, type Parser, type TextProblem } from './parse.js';
import type { Parts } from './parts.js';
import type { QuickPath } from './quick-path.js';
import { notAnObject, tooOften } from './refusals.js';
import type { SideText } from './side-text.js';
import type { HeldProblem, PrepareSpec, RepairRecord } from './spec.js';

/** What the events of a preparation pass through. */
export interface Stations {
  readonly cursor: Cursor;
  readonly account: BatchAccount;
  readonly columns: ColumnsBuilder;
  readonly encoding: Encoding;
  readonly parser: Parser;
  readonly quick: QuickPath;
  readonly side: SideText;
}

/** The door of the sinks: who is the event, is it wanted, is it valid; those that are let in are encoded. */
export class Admission {
  private readonly identify: Identify;
  private readonly mending: Mending | undefined;

  constructor(
    private readonly spec: PrepareSpec,
    private readonly parts: Parts,
    private readonly stations: Stations,
  ) {
    const { cursor, account, columns, side } = stations;
    this.identify = createIdentify(spec, account.identity);
    this.mending =
      parts.repairer &&
      new Mending(parts.repairer, cursor, side, {
        takeMended: () => this.takeMended(),
        hold: (problem) => account.hold('invalid', problem),
        nextEvent: () => columns.length,
      });
  }

  /** Whether events may be mended, which writes behind the text of the batch. */
  get mends(): boolean {
    return this.mending !== undefined;
  }

  /** Turns to a batch. */
  begin(): void {
    this.mending?.begin();
    this.parts.filter.errors = 0;
    this.parts.filter.firstError = undefined;
  }

  /** What has been mended in this batch. */
  repairs(): readonly RepairRecord[] {
    return this.mending?.take() ?? [];
  }

  /** Takes the parsed value under the cursor. */
  takeValue(value: unknown): void {
    const { account, cursor } = this.stations;
    const problem = this.inspect(value);
    if (problem !== undefined) {
      account.hold('undecodable', problem);
      return;
    }
    if (cursor.repeatsKeys) account.remarkDuplicateKey();
    this.takeEvent(false);
  }

  /** Takes a whole event; `isAccepted` says that the quick path knows it to be valid, for all but its name. */
  takeEvent(isAccepted: boolean): void {
    const { parts, mending } = this;
    const { cursor, account } = this.stations;
    const withoutId = this.identify(cursor);
    if (withoutId !== undefined) {
      if (mending?.mend(account.tally, account.identity, true) !== true) account.hold('invalid', withoutId);
      return;
    }
    if (!parts.filter.passes(cursor)) {
      account.filter();
      return;
    }
    const worn = tooOften(cursor, this.spec.maxAttempts);
    if (worn !== undefined) account.hold('invalid', worn);
    else if (mending?.mend(account.tally, account.identity, false) !== true) this.decide(isAccepted);
  }

  /** What a repair has made of an event: it is who it was, unless the repair says otherwise. */
  private takeMended(): void {
    const { cursor, account, parser } = this.stations;
    const parsed = parser.parse(cursor, true);
    const problem = 'value' in parsed ? this.inspect(parsed.value) : parsed;
    const refusal = problem ?? this.identify(cursor);
    if (refusal === undefined) this.decide(false);
    else account.hold('invalid', refusal);
  }

  private inspect(value: unknown): TextProblem | undefined {
    if (!isObject(value)) return notAnObject(value);
    const { cursor } = this.stations;
    cursor.value = value;
    return inspectText(cursor);
  }

  private decide(isAccepted: boolean): void {
    const { account, cursor, quick } = this.stations;
    const isValid = this.parts.checker === undefined || (isAccepted && quick.acceptsNamed(cursor));
    const problems = isValid ? this.remarkUnknownName() : this.check();
    if (problems === undefined) this.encode();
    else account.holdAll('invalid', problems);
  }

  private remarkUnknownName(): undefined {
    const { account, cursor } = this.stations;
    if (this.parts.checker?.knows(cursor.name) === false) account.tally.unknownNames++;
  }

  private check(): readonly HeldProblem[] | undefined {
    const { name, value } = this.stations.cursor;
    this.remarkUnknownName();
    const problems = this.parts.checker?.check(value, name);
    return problems?.map(({ rule, message, pointer }) => ({ code: rule, message, pointer }));
  }

  private encode(): void {
    const { account, columns, cursor, encoding } = this.stations;
    const { current: encoders } = encoding;
    account.pass();
    const index = columns.length;
    for (let i = 0; i < encoders.length; i++) {
      const verdict = encoders[i]?.add(cursor, index);
      if (verdict !== undefined) account.refused[i]?.push({ index, verdict });
    }
    columns.add(cursor);
  }
}
