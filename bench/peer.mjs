// mixpanel-import, set up as its documentation says for speed: node bench/peer.mjs <file> <account> <secret> <project>
import mixpanel from 'mixpanel-import';

const [, , file, acct, pass, project] = process.argv;
const transformFunc = ({ name, occurred_at, user_id, event_id, properties, ...others }) => ({
  event: name,
  properties: {
    ...others,
    ...properties,
    time: Date.parse(occurred_at),
    distinct_id: user_id,
    $insert_id: event_id,
    ip: 0,
  },
});
const options = {
  recordType: 'event',
  streamFormat: 'jsonl',
  compress: true,
  fixData: false,
  strict: true,
  transformFunc,
  verbose: false,
  showProgress: false,
};
const result = await mixpanel({ acct, pass, project }, file, options);
const { success, failed, retries } = result;
console.log(JSON.stringify({ success, failed, retries }));
