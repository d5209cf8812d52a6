// What one process needs at least: reads NDJSON, parses and checks each event, encodes it for Mixpanel, gzips 2,000 at a
// time and throws them away. node bench/throw-away.mjs <file> <schema>
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const [, , file, schemaPath] = process.argv;
const ajv = new Ajv2020({ strict: false });
formats.default(ajv);
const check = ajv.compile(JSON.parse(readFileSync(schemaPath, 'utf8')));
let batch = [];
let bytes = 0;
let invalid = 0;
for await (const line of createInterface({ input: createReadStream(file) })) {
  const event = JSON.parse(line);
  if (!check(event)) {
    invalid++;
    continue;
  }
  const { name, occurred_at, user_id, event_id, properties, ...others } = event;
  batch.push({
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
  if (batch.length === 2_000) flush();
}
flush();
console.log(JSON.stringify({ bytes, invalid }));

function flush() {
  bytes += gzipSync(JSON.stringify(batch), { level: 1 }).length;
  batch = [];
}
