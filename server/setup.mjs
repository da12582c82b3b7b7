// Makes a checkout ready to run: dependencies, TypeScript, native addon, each only when it is
// missing or older than its sources. Runs before anything is installed, so it imports nothing but
// Node itself. `npm start`, `npm test` and the rest call it first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = ['server', 'models', 'bench', 'test', 'tsconfig.json', 'package-lock.json'];
process.chdir(root);

/** One step: what it is called, whether it is needed, and what does it. */
const STEPS = [
  { name: 'dependencies (npm ci)', needed: dependenciesStale, run: installDependencies },
  { name: 'TypeScript', needed: typescriptStale, run: compileTypescript },
  { name: 'native addon (C++)', needed: () => true, run: buildAddon, quiet: true },
];

checkNode();
for (const step of STEPS) {
  if (!step.needed()) continue;
  const startMs = Date.now();
  if (!step.quiet) console.log(`setup: ${step.name} …`);
  try {
    const worked = await step.run();
    if (worked !== false) console.log(`setup: ${step.name} done in ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
  } catch (error) {
    console.error(`\nsetup: ${step.name} failed.\n${error.message}`);
    process.exit(1);
  }
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 20) return;
  console.error(`Vitrine needs Node 20, 22 or 24; this is ${process.version}. See https://nodejs.org.`);
  process.exit(1);
}

function dependenciesStale() {
  const stamp = join(root, 'node_modules/.vitrine-lock');
  return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockDigest();
}

function installDependencies() {
  // Every package ships its binaries, so no package's script needs to run (nor to download).
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    throw new Error(
      'npm ci did not succeed. It needs the npm registry (or a mirror set in .npmrc) and about 1 GB of disk.\n' +
        'Fix what it printed above, then run the command again.',
    );
  }
  writeFileSync(join(root, 'node_modules/.vitrine-lock'), lockDigest());
}

function lockDigest() {
  return createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
}

function typescriptStale() {
  const stamp = join(root, 'dist/.built');
  if (!existsSync(stamp)) return true;
  const builtMs = statSync(stamp).mtimeMs;
  return SOURCES.some((path) => existsSync(path) && newestMs(path) > builtMs);
}

function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  // A folder's own time moves when a file in it is removed or renamed.
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), stat.mtimeMs);
}

function compileTypescript() {
  rmSync('dist', { recursive: true, force: true });
  for (const project of ['tsconfig.json', 'server/page/tsconfig.json']) {
    if (!existsSync(project)) continue;
    const done = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { stdio: 'inherit' });
    if (done.status !== 0) throw new Error(`the TypeScript compiler found errors (above) in ${project}`);
  }
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/.built', '');
}

async function buildAddon() {
  const out = join(root, 'build/vitrine.node');
  const beforeMs = existsSync(out) ? statSync(out).mtimeMs : 0;
  const { buildNative } = await import('../native/build.mjs');
  await buildNative();
  return statSync(out).mtimeMs !== beforeMs;
}
