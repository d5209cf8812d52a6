/** What a service answered to a request, whole. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** Names in lower case; of a repeated header the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text, cut at a few megabytes; it may be HTML, empty or half of something. */
  readonly body: string;
}

/** The request certainly did not reach the service: no connection was made. */
export interface NotSent {
  readonly kind: 'not-sent';
  readonly error: Error;
  /** Whether trying again may help; a certificate that nobody trusts stays so. */
  readonly isLasting: boolean;
}

/** The connection broke or fell silent behind the request's beginning: the service may have taken it or not. */
export interface Lost {
  readonly kind: 'lost';
  readonly reason: string;
}

export type HttpResult = Answer | NotSent | Lost;

const MOST_WORDS = 300;

/** The body as a JSON object; undefined when it is anything else. */
export function jsonObjectIn({ body }: Pick<Answer, 'body'>): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>; // a JSON object has string keys
  } catch {
    return undefined;
  }
}

/** What the service said, in one line, whatever shape it came in: the words of its errors, or the text without tags. */
export function wordsOf(answer: Answer): string {
  const json = jsonObjectIn(answer);
  const words = json === undefined ? withoutTags(answer.body) : errorsIn(json).join('; ');
  const line = words.replace(/\s+/gu, ' ').trim();
  return line.length > MOST_WORDS ? `${line.slice(0, MOST_WORDS)}…` : line;
}

/** `429 Project exceeded rate limits`: status and words. */
export function statusAndWords(answer: Answer): string {
  const words = wordsOf(answer);
  return words === '' ? `status ${answer.status}` : `status ${answer.status} (${words})`;
}

/** Errors as Datadog (`errors: [text | {title, detail}]`) and Mixpanel (`error: text`) give them. */
function errorsIn(json: Readonly<Record<string, unknown>>): readonly string[] {
  const listed = Array.isArray(json.errors) ? (json.errors as readonly unknown[]) : []; // elements are checked below
  const each = listed.flatMap((error) => {
    if (typeof error === 'string') return [error];
    if (typeof error !== 'object' || error === null) return [];
    const { detail, title } = error as { readonly detail?: unknown; readonly title?: unknown }; // both are checked
    return [detail, title].filter((text) => typeof text === 'string').slice(0, 1);
  });
  return typeof json.error === 'string' ? [json.error, ...each] : each;
}

function withoutTags(body: string): string {
  const title = /<title[^>]*>([^<]*)</iu.exec(body)?.[1];
  return title ?? body.slice(0, 10 * MOST_WORDS).replace(/<(?:script|style)[\s\S]*?<\/|<[^>]*>/giu, ' ');
}
