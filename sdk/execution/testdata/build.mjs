// Compiles the Move packages beside this file with the real Move compiler (npm
// @zktx.io/sui-move-builder) against move/framework, and writes packages.json:
//   cd scripts/npm && node ../../sdk/execution/testdata/build.mjs
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readFileSync, readdirSync, writeFileSync, existsSync } from 'node:fs';
import path from 'node:path';

const require = createRequire(pathToFileURL(process.cwd() + '/'));
const builder = await import(pathToFileURL(require.resolve('@zktx.io/sui-move-builder/full')));
const here = path.dirname(fileURLToPath(import.meta.url));
const framework = path.join(here, '../../../move/framework');
// The address under which `user` sees `lab` until it is relinked.
const placeholder = '0x1ab';

function filesOf(dir) {
  const files = { 'Move.toml': readFileSync(path.join(dir, 'Move.toml'), 'utf8') };
  for (const name of readdirSync(path.join(dir, 'sources'))) {
    files['sources/' + name] = readFileSync(path.join(dir, 'sources', name), 'utf8');
  }
  return files;
}

class Fetcher extends builder.MovePackageFetcher {
  async fetch(git, rev, subdir) { return filesOf(path.join(framework, path.basename(subdir))); }
  async fetchFile() { return null; }
  getResolvedSha() { return undefined; }
  fetchLocal = async (local) => {
    const name = path.basename(local);
    const dir = [path.join(here, name), path.join(framework, name)].find((d) => existsSync(d));
    const files = filesOf(dir);
    if (name === 'lab') {
      files['Published.toml'] = `[published.mainnet]\nchain-id = "35834a8a"\npublished-at = "${placeholder}"\noriginal-id = "${placeholder}"\nversion = 1\n`;
    }
    return files;
  };
}

await builder.initMovePackageBuilder();
const packages = {};
for (const name of ['lab', 'lab_next', 'lab_broken', 'user', 'dice', 'whitelist']) {
  const out = await builder.dumpMovePackage({ files: filesOf(path.join(here, name)), fetcher: new Fetcher(), network: 'mainnet', ansiColor: false });
  if (out.error) throw new Error(name + ': ' + out.error);
  packages[name] = { modules: out.modules, dependencies: out.dependencies, digest: Buffer.from(out.digest).toString('hex') };
}
writeFileSync(path.join(here, 'packages.json'), JSON.stringify({
  origin: 'npm @zktx.io/sui-move-builder 0.5.1 (the Move compiler of Sui 1.71.1), written by build.mjs', placeholder, packages,
}, null, 1) + '\n');
