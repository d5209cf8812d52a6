const DEAD = /(?:^|[^a-z])(?:dlq|dlt|dlx|dead(?:[-_.]?letters?)?|failed|failures|poison)(?:[^a-z]|$)/iu;
const MARK = /^(?:x-)?(?:dead|dlq|dlt|death|exception|error|failure)|kafka_dlt-|__connect\.errors\./iu;

/** Whether a name says that dead letters lie there: streams and topics have no other way to say it. */
export function soundsDead(name: string): boolean {
  return DEAD.test(name);
}

/** Whether headers say why a message died. */
export function marksDead(headers: readonly string[]): boolean {
  return headers.some((name) => MARK.test(name));
}
