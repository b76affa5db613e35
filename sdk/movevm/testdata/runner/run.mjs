// usage: node run.mjs DIR OUT FRAMEWORK : compiles DIR to OUT/*.mv and writes the output of its tests to OUT/test.txt
import * as b from '@zktx.io/sui-move-builder/full';
import fs from 'fs'; import path from 'path';
const FW = process.argv[4]; // the folder move/framework of this repository
const [,, dir, out] = process.argv;
function filesOf(d, skip = []) { const files = {}; (function walk(p0, rel) { for (const e of fs.readdirSync(p0)) { if (skip.includes(rel + e)) continue; const p = path.join(p0, e), r = rel + e; if (fs.statSync(p).isDirectory()) walk(p, r + '/'); else if (/\.(move|toml)$/.test(e)) files[r] = fs.readFileSync(p, 'utf8'); } })(d, ''); return files; }
await b.initMovePackageBuilder();
class F extends b.MovePackageFetcher { async fetch(git, rev, subdir) { return filesOf(path.join(FW, path.basename(subdir)), ['tests']); } async fetchFile() { return null; } getResolvedSha() { return undefined; } fetchLocal = async (p, ctx) => filesOf(path.join(FW, path.basename(p)), ['tests']); }
const all = filesOf(dir);
const src = Object.fromEntries(Object.entries(all).filter(([k]) => !k.startsWith('tests/')));
const r = await b.dumpMovePackage({ files: src, fetcher: new F(), network: 'mainnet', ansiColor: false });
if (r.error) { console.error(r.error); process.exit(1); }
fs.mkdirSync(out, { recursive: true });
r.modules.forEach((m, i) => fs.writeFileSync(path.join(out, String(i).padStart(2, '0') + '.mv'), Buffer.from(m, 'base64')));
console.log(r.modules.length, 'modules');
if (Object.keys(all).some(k => k.startsWith('tests/'))) {
  const t = await b.testMovePackage({ files: all, fetcher: new F(), network: 'mainnet', ansiColor: false });
  fs.writeFileSync(path.join(out, 'test.txt'), typeof t === 'string' ? t : (t.output ?? JSON.stringify(t)));
  console.log('passed', t.passed ?? t.success);
}
