import { defined, type Family, isObject, objectOf, textOf } from './family.js';

/** One notification of S3: it is an event itself; the object that it tells of is not read. */
export const s3Record: Family = {
  name: 's3-record',
  key: 's3',
  open({ eventSource, eventName, eventTime, s3 }) {
    if (eventSource !== 'aws:s3' || !isObject(s3)) return undefined;
    const bucket = textOf(objectOf(s3.bucket).name);
    return {
      layer: { kind: 's3', ...defined({ queue: bucket }) },
      given: defined({ name: textOf(eventName), time: textOf(eventTime) }),
      contents: [{ kind: 'event', at: [] }],
    };
  },
};

/** What S3 sends once when notifications are set up. */
export const s3TestEvent: Family = {
  name: 's3-test-event',
  key: 'Service',
  open({ Service, Event, Bucket }) {
    if (Service !== 'Amazon S3' || Event !== 's3:TestEvent') return undefined;
    const message = 'S3 sends this when notifications are set up: there is nothing to replay, and it can be deleted';
    return {
      layer: { kind: 's3', ...defined({ queue: textOf(Bucket) }) },
      contents: [{ kind: 'hold', code: 'nothing_to_replay', message }],
    };
  },
};
