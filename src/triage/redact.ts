const SENSITIVE_KEY =
  /pass(?:word|phrase)?$|secret|token|authori[sz]ation|cookie|api_?key|e?_?mail|phone|mobile|ssn|iban|card|cvv|address|first_?name|last_?name|full_?name|birth/iu;
const SENSITIVE_TEXT =
  /^[\w.+-]+@[\w-]+\.[\w.]+$|^\+?\d[\d ()-]{8,}\d$|^(?:\d{1,3}\.){3}\d{1,3}$|^eyJ[\w-]+\.[\w-]+\.|^(?:sk|pk|ghp|xox[bp])[_-]\w+/u;
const LONGEST_TEXT = 120;
const LONGEST_SAMPLE = 4_000;

/** An event as it may be shown: what names, reaches or admits a person is left out, and long texts are cut. */
export function redactSample(event: unknown): string {
  const text = JSON.stringify(redacted(event, ''), undefined, 2);
  return text.length > LONGEST_SAMPLE ? `${text.slice(0, LONGEST_SAMPLE)}…` : text;
}

function redacted(value: unknown, key: string): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const shown = value.slice(0, 3).map((each) => redacted(each, key));
    return value.length > 3 ? [...shown, `… ${value.length - 3} more`] : shown;
  }
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redacted(inner, name)]));
  }
  if (SENSITIVE_KEY.test(key)) return '[redacted]';
  if (typeof value !== 'string') return value;
  if (SENSITIVE_TEXT.test(value)) return '[redacted]';
  return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
}
