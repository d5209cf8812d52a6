// What any tool in JavaScript has to do at the least: every line parsed, on one thread.
import { createReadStream } from 'node:fs';

let events = 0;
let rest = '';
for await (const chunk of createReadStream(process.argv[2], { encoding: 'utf8', highWaterMark: 1 << 20 })) {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) if (line !== '' && typeof JSON.parse(line) === 'object') events++;
}
if (rest !== '' && typeof JSON.parse(rest) === 'object') events++;
console.log(events);
