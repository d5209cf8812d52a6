interface Details {
  /** Stable, documented in docs/errors.md, never reused. */
  readonly code: string;
  /** What the user does next: a command or a setting. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Something the user can mend. One subclass for each thing to do next; only `src/cli/` prints them. */
export abstract class RespoolError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  abstract readonly exitCode: number;

  constructor(message: string, { code, hint, cause }: Details) {
    super(message, { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** Flags, configuration, schema or names are wrong: mend them and run again. Exit 3. */
export class UsageError extends RespoolError {
  override readonly name = 'UsageError';
  readonly exitCode = 3;
}

/** Something could not be evaluated or finished and a rerun alone will not cure it. Exit 2. */
export class CannotEvaluateError extends RespoolError {
  override readonly name = 'CannotEvaluateError';
  readonly exitCode = 2;
}

/** Something was down, full or busy: run the same command again. Exit 4. */
export class IncompleteError extends RespoolError {
  override readonly name = 'IncompleteError';
  readonly exitCode = 4;
}

/** The sink could not be reached, or answered that it cannot take anything now. Nothing is known of the batch. */
export class SinkUnavailableError extends Error {
  override readonly name = 'SinkUnavailableError';
  /** `retryable`: waiting may cure it. `refused`: credentials or rights; waiting will not. */
  readonly cure: 'wait' | 'mend';

  constructor(message: string, options: { readonly cure: 'wait' | 'mend'; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.cure = options.cure;
  }
}
