import type { JsonObject } from '../../event/event.js';
import type { Layer } from '../../event/layer.js';
import type { Content } from '../unwrapper.js';
import { defined, type Family, isObject, objectOf, textOf } from './family.js';

/**
 * What Lambda sends to a destination: the event is `requestPayload` (asynchronous calls), `payload` (streams, to S3), or
 * not there at all (streams, to SQS and SNS).
 */
export const lambdaFailure: Family = {
  name: 'lambda-failure',
  key: 'requestContext',
  open(value) {
    const { requestContext, responsePayload, version, timestamp } = value;
    if (!isObject(requestContext) || version !== '1.0' || typeof timestamp !== 'string') return undefined;
    const { requestId, functionArn, condition, approximateInvokeCount } = requestContext;
    if (typeof functionArn !== 'string' || typeof condition !== 'string') return undefined;
    const { errorType, errorMessage } = objectOf(responsePayload);
    const id = textOf(requestId);
    const layer: Layer = {
      kind: 'lambda-failure',
      ...defined({ id, deliveries: typeof approximateInvokeCount === 'number' ? approximateInvokeCount : undefined }),
      queue: functionArn,
      time: timestamp,
      error: { class: textOf(errorType) ?? condition, ...defined({ message: textOf(errorMessage) }) },
    };
    return { layer, given: defined({ id }), contents: [contentOf(value, condition)] };
  },
};

function contentOf(value: JsonObject, condition: string): Content {
  if (condition === 'Success') {
    const message =
      'the invocation succeeded: a success destination points at this queue, and there is nothing to replay';
    return { kind: 'hold', code: 'nothing_to_replay', message };
  }
  for (const at of ['requestPayload', 'payload']) {
    if (value[at] !== undefined && value[at] !== null) return { kind: 'value', at: [at] };
  }
  const { KinesisBatchInfo, DDBStreamBatchInfo } = value;
  if (isObject(KinesisBatchInfo)) return metadataOnly(KinesisBatchInfo, 'Kinesis', 'kinesis');
  if (isObject(DDBStreamBatchInfo)) return metadataOnly(DDBStreamBatchInfo, 'the DynamoDB stream', 'dynamodbstreams');
  const message = 'Lambda has left the payload out (it was too big for the destination): find it by the request id';
  return { kind: 'hold', code: 'no_payload', message };
}

function metadataOnly(batch: JsonObject, stream: string, command: string): Content {
  const { shardId, startSequenceNumber, endSequenceNumber, batchSize, streamArn } = batch;
  const message =
    `this names ${String(batchSize ?? 'some')} records of ${stream} and does not hold them: read ${String(streamArn)}, shard ${String(shardId)}, ` +
    `from sequence number ${String(startSequenceNumber)} to ${String(endSequenceNumber)}, before they expire ` +
    `(aws ${command} get-shard-iterator --shard-iterator-type AT_SEQUENCE_NUMBER, then get-records); ` +
    'an S3 destination would hold them';
  return { kind: 'hold', code: 'metadata_only', message };
}
