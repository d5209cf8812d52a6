import { describe, expect, test } from 'vitest';
import { queueContract } from '../queue-contract.js';
import { rabbitmq, rabbitQueue } from './rabbitmq.js';

describe.runIf(rabbitmq)('RabbitMQ', () => {
  queueContract('amqp: (classic)', () => rabbitQueue());
  queueContract('amqp: (quorum)', () => rabbitQueue({ 'x-queue-type': 'quorum', 'x-delivery-limit': 50 }));
});
