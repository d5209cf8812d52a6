import { createHash } from 'node:crypto';

/** Why letters died, in a form that is the same for all that died of the same cause. */
export interface Signature {
  /** Short and stable: what `--signature` takes. */
  readonly id: string;
  /** The class of the error, the rule of the schema, or the code of what was wrong. */
  readonly cause: string;
  /** The message without what differs from letter to letter. */
  readonly message: string;
  /** The field that it is about, where one is known. */
  readonly pointer?: string;
  readonly sqlstate?: string;
}

/** What is known of one failure. */
export interface Failure {
  readonly class?: string | undefined;
  readonly message?: string | undefined;
  readonly pointer?: string | undefined;
}

const LONGEST_MESSAGE = 200;
const SQLSTATE_WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bpartition_key_null\b/u, '23502'],
  [/null value in column/iu, '23502'],
  [/no partition of relation/iu, '23514'],
  [/violates foreign key/iu, '23503'],
  [/duplicate key value/iu, '23505'],
  [/violates check constraint/iu, '23514'],
  [/invalid input syntax/iu, '22P02'],
  [/out of range/iu, '22003'],
  [/value too long for type/iu, '22001'],
];

/** What differs from letter to letter, and what stands for it. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  // The first word of a text that is no JSON.
  [/"[^"]*"(?= is no (?:JSON value|number)$)/u, '<text>'],
  [/[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/giu, '<uuid>'],
  [/\b[\w.+-]+@[\w-]+\.[\w.]+\b/gu, '<email>'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/gu, '<time>'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/gu, '<address>'],
  [/\b0x[\da-f]+\b|\b(?=[\da-f]*\d)(?=[\da-f]*[a-f])[\da-f]{8,}\b/giu, '<hex>'],
  [/(?<![\w<])-?\d+(?:\.\d+)?(?![\w>])/gu, '<n>'],
  // Partitions and tables are numbered: events_20260101.
  [/(?<=_p?)\d+(?![a-z])|(?<=[A-Za-z])\d{3,}/gu, '<n>'],
];

/** Recognises a failure. */
export function signatureOf({ class: cause = 'unknown', message = '', pointer }: Failure): Signature {
  const plain = normalise(message);
  const sqlstate = sqlstateOf(cause, message);
  const field = pointer ?? fieldIn(message);
  const id = createHash('sha256')
    .update([cause, plain, field ?? ''].join('\n'))
    .digest('hex')
    .slice(0, 8);
  return {
    id,
    cause,
    message: plain,
    ...(field !== undefined && { pointer: field }),
    ...(sqlstate !== undefined && { sqlstate }),
  };
}

function normalise(message: string): string {
  const line = message.trim().split('\n')[0] ?? '';
  const plain = VARYING.reduce((text, [pattern, word]) => text.replace(pattern, word), line.slice(0, 2_000));
  return plain.length > LONGEST_MESSAGE ? `${plain.slice(0, LONGEST_MESSAGE)}…` : plain;
}

function sqlstateOf(cause: string, message: string): string | undefined {
  const named = /\bsqlstate[_ :=[]*([\dA-Z]{5})\b/iu.exec(`${cause} ${message}`)?.[1];
  return named ?? SQLSTATE_WORDS.find(([pattern]) => pattern.test(`${cause} ${message}`))?.[1];
}

const FIELDS: readonly RegExp[] = [
  /null value in column "([^"]+)"/iu,
  /(?:missing|required) (?:required )?(?:field|property|key|attribute|parameter)[: ]+['"`]?([\w.-]+)['"`]?/iu,
  /cannot read propert(?:y|ies) (?:of \w+ )?\(reading '([^']+)'\)/iu,
  /KeyError: '([^']+)'/u,
  /['"`]([\w.-]+)['"`] (?:is|was) (?:missing|required|null|undefined)/iu,
];

/** The field that a message speaks of, as a pointer. */
function fieldIn(message: string): string | undefined {
  for (const pattern of FIELDS) {
    const name = pattern.exec(message)?.[1];
    if (name !== undefined) return `/${name.replaceAll('~', '~0').replaceAll('.', '/')}`;
  }
  return undefined;
}

/** How RabbitMQ took a message from its queue (`reason` of `x-death`): that does not say why it was not taken. */
const MANNERS_OF_DEATH = new Set(['rejected', 'expired', 'maxlen', 'delivery_limit']);

/** Whether a letter has failed for what it had died of before; where nothing says why it died, every failure is that. */
export function isSameFailure(before: Failure | undefined, now: Failure): boolean {
  if (before === undefined || saysNoReason(before)) return true;
  const [old, fresh] = [signatureOf(before), signatureOf(now)];
  if (old.id === fresh.id) return true;
  const isSameField = old.pointer !== undefined && old.pointer === fresh.pointer;
  const isSameState = old.sqlstate !== undefined && old.sqlstate === fresh.sqlstate;
  return isSameField || isSameState || (old.cause === fresh.cause && old.pointer === undefined);
}

function saysNoReason({ class: cause, message }: Failure): boolean {
  return message === undefined && cause !== undefined && MANNERS_OF_DEATH.has(cause);
}
