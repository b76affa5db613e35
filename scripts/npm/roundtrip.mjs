// Reads each module with Mysten's own decoder and writes it again. Prints the
// names of the files that don't come out the same, and fails if there are any.
// usage: node roundtrip.mjs FILE.mv…
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { deserialize, serialize } = createRequire(import.meta.url)('@mysten/move-bytecode-template');

let bad = 0;
for (const file of process.argv.slice(2)) {
  const code = readFileSync(file);
  try {
    if (Buffer.compare(code, Buffer.from(serialize(deserialize(code)))) === 0) continue;
    console.log(`${file}: written again, it differs`);
  } catch (error) {
    console.log(`${file}: ${error.message ?? error}`);
  }
  bad++;
}
process.exit(bad === 0 ? 0 : 1);
