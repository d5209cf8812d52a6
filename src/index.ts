export { CannotEvaluateError, IncompleteError, RespoolError, UsageError } from './errors.js';
export { type EventBatch, idOf, nameOf, textOf } from './event/batch.js';
export type { DecodedRecord, EventCursor, JsonObject } from './event/event.js';
export { chooseFields, type FieldChoice, type Fields } from './event/fields.js';
export type { Accounts, ProblemAccount, SinkAccounts } from './flow/accounts.js';
export { type Forecast, forecast } from './flow/forecast.js';
export type { Ledger, Writer } from './flow/ledger/ledger.js';
export { openLedger } from './flow/ledger/open.js';
export { type LedgerRules, needsLedger, withLedger } from './flow/ledger/with-ledger.js';
export { type Peeked, peek } from './flow/peek.js';
export { openPreparePool, type PreparePool } from './flow/prepare/pool.js';
export type { FilterSpec, PreparedBatch, PrepareSpec } from './flow/prepare/spec.js';
export { type Replay, type ReplayOutcome, type ReplayStatus, replay, type StopReason } from './flow/replay.js';
export { lockFolder } from './flow/state/lock.js';
export { trimQuarantine } from './flow/state/quarantine-tail.js';
export { type RunIdentity, resumableRun, startRun } from './flow/state/resume.js';
export type { RunPosition, RunRecord, StoredRun } from './flow/state/run-record.js';
export { type Catalog, loadCatalog } from './schema/catalog.js';
export { cellTypes } from './schema/cell-types.js';
export { openSink } from './sinks/open.js';
export type {
  Delivery,
  Encoded,
  Encoder,
  EncoderReference,
  EncoderRefusal,
  Rejection,
  Sink,
  SinkDescription,
  SinkLimits,
  Verdict,
} from './sinks/sink.js';
export { SinkUnavailableError } from './sinks/sink.js';
export { openSource } from './sources/open.js';
export type {
  BatchOutcome,
  Decoder,
  DecoderReference,
  DoneStretch,
  PartFailure,
  RawBatch,
  RecordFormat,
  RecordProblem,
  Source,
  SourcePart,
} from './sources/source.js';
