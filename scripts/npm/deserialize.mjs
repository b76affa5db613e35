// Reads modules from stdin, one in base64 on each line, and prints for each
// what Mysten's own decoder makes of it: {"module": …} or {"error": …}.
// usage: node deserialize.mjs < modules
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { deserialize } = createRequire(import.meta.url)('@mysten/move-bytecode-template');

for (const line of readFileSync(0, 'utf8').split('\n')) {
  if (line === '') continue;
  let answer;
  try {
    answer = { module: deserialize(Buffer.from(line, 'base64')) };
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  // Numbers of u64 and u128 come as BigInt.
  console.log(JSON.stringify(answer, (_, v) => (typeof v === 'bigint' ? v.toString() : v)));
}
