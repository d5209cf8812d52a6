import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';

/** Acknowledgements that the server answers, many at a time. */
export interface Confirmations {
  /**
   * Publishes `+ACK` to each subject and resolves to whether the server has confirmed it: false where the answer did
   * not come in time, or could not come any more. It never throws, and it can be asked again.
   */
  ask(subjects: readonly string[]): Promise<readonly boolean[]>;
}

/** What is published to the reply subject of a message (JetStream wire API, "Acknowledging messages"). */
const ACK = Buffer.from('+ACK');
/** Nobody listens to the subject: its consumer is gone (NATS protocol, "no responders"). */
const NO_RESPONDERS = 503;

interface Round {
  readonly subjects: readonly string[];
  /** Of each subject whether it was confirmed; undefined while nothing is known of it. */
  readonly answers: (boolean | undefined)[];
  open: number;
  end(): void;
}

/**
 * Opens confirmations over one subscription and one timer for all that is asked at once: a request of the client for
 * each message makes errors and timers of its own, which cost more than all the rest.
 */
export async function openConfirmations(connection: NatsConnection, timeoutMs: number): Promise<Confirmations> {
  const { createInbox } = await import('@nats-io/transport-node');
  const rounds = new Map<number, Round>();
  let subscription: Subscription | undefined;
  let inbox = '';
  let asked = 0;

  /** A subscription that the server has refused or that was closed is made anew, under another name. */
  const listen = () => {
    if (subscription !== undefined && !subscription.isClosed()) return;
    inbox = `${createInbox()}.`;
    subscription = connection.subscribe(`${inbox}*`, {
      callback: (error, message) => {
        if (error === null) take(message);
        else endAll();
      },
    });
  };
  const take = (message: Msg) => {
    const [round, index] = placeOf(message.subject, inbox);
    settle(rounds.get(round), index, !isNobody(message));
  };
  const settle = (round: Round | undefined, index: number, isConfirmed: boolean) => {
    if (round === undefined || !(index in round.answers) || round.answers[index] !== undefined) return;
    round.answers[index] = isConfirmed;
    if (--round.open === 0) round.end();
  };
  const endAll = () => {
    for (const round of [...rounds.values()]) round.end();
  };
  /** What the server refuses to take is never answered. */
  const watch = async () => {
    for await (const status of connection.status()) {
      if (status.type !== 'error') continue;
      const refused = 'subject' in status.error ? status.error.subject : undefined;
      for (const round of [...rounds.values()]) settle(round, round.subjects.indexOf(String(refused)), false);
    }
  };
  void watch().then(endAll, endAll);

  return {
    ask: (subjects) =>
      new Promise((resolve) => {
        const id = asked++;
        const answers: (boolean | undefined)[] = subjects.map(() => undefined);
        const end = () => {
          clearTimeout(timer);
          rounds.delete(id);
          resolve(answers.map((answer) => answer === true));
        };
        const timer = setTimeout(end, timeoutMs);
        rounds.set(id, { subjects, answers, open: subjects.length, end });
        try {
          listen();
          for (const [index, subject] of subjects.entries()) {
            connection.publish(subject, ACK, { reply: `${inbox}${id}-${index}` });
          }
        } catch {
          end();
        }
      }),
  };
}

/** Which round an answer belongs to, and which of its messages. */
function placeOf(subject: string, inbox: string): readonly [round: number, index: number] {
  const dash = subject.indexOf('-', inbox.length);
  return [Number(subject.slice(inbox.length, dash)), Number(subject.slice(dash + 1))];
}

function isNobody({ data, headers }: Msg): boolean {
  return data.length === 0 && headers?.code === NO_RESPONDERS;
}
