import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';

/** A queue of dead letters and the queue that sends them there. */
export interface DeadLetters {
  readonly name: string;
  readonly url: string;
  send(bodies: readonly string[]): Promise<void>;
  /** Messages that the server has: visible and held. */
  waiting(): Promise<number>;
}

/** An SQS server of its own, in this process. */
export interface SqsServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly client: SQSClient;
  /** What respool needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  deadLetters(name: string, attributes?: Record<string, string>): Promise<DeadLetters>;
}

/** Starts an SQS server on a free port. */
export async function startSqs(): Promise<SqsServer> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const server: FauxqsServer = await startFauxqs({ port: 0, logger: false });
  const endpoint = `http://127.0.0.1:${server.port}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SQSClient({ endpoint, region: 'us-east-1', credentials });
  return {
    endpoint,
    client,
    env: { AWS_ENDPOINT_URL_SQS: endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    deadLetters: (name, attributes = {}) => makeDeadLetters(client, name, attributes),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server.stop();
    },
  };
}

async function makeDeadLetters(
  client: SQSClient,
  name: string,
  attributes: Record<string, string>,
): Promise<DeadLetters> {
  const isFifo = name.endsWith('.fifo');
  const kind = isFifo ? { FifoQueue: 'true' } : {};
  const { QueueUrl: url = '' } = await client.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { ...kind, ...attributes } }),
  );
  const arn = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
  const policy = { deadLetterTargetArn: arn.Attributes?.QueueArn, maxReceiveCount: 3 };
  const source = isFifo ? `live-${name}` : `${name}-live`;
  const { QueueUrl: live } = await client.send(new CreateQueueCommand({ QueueName: source, Attributes: kind }));
  await client.send(
    new SetQueueAttributesCommand({ QueueUrl: live, Attributes: { RedrivePolicy: JSON.stringify(policy) } }),
  );
  return {
    name,
    url,
    async send(bodies) {
      for (let at = 0; at < bodies.length; at += 10) {
        const Entries = bodies.slice(at, at + 10).map((MessageBody, index) => ({
          Id: `${index}`,
          MessageBody,
          ...(isFifo && { MessageGroupId: `g${(at + index) % 5}`, MessageDeduplicationId: `d${at + index}` }),
        }));
        await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
      }
    },
    async waiting() {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
      );
      const { ApproximateNumberOfMessages: ready, ApproximateNumberOfMessagesNotVisible: held } = Attributes;
      return Number(ready) + Number(held);
    },
  };
}
