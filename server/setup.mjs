// Makes a checkout ready to run: dependencies, TypeScript, native addon, each only when it is
// missing or older than its sources. Runs before anything is installed, so it imports nothing but
// Node itself. `npm start`, `npm test` and the rest call it first.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lostPackages, nodeProblem, npmReason } from './setup-checks.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = ['server', 'models', 'bench', 'test', 'tsconfig.json', 'package-lock.json'];
// npm's own retries wait a minute in silence before they say that there is no network.
const RETRIES = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
const STILL_MS = 5000;
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
  const problem = nodeProblem(process.version);
  if (problem === '') return;
  console.error(problem);
  process.exit(1);
}

function dependenciesStale() {
  const stamp = join(root, 'node_modules/.vitrine-lock');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockDigest()) return true;
  const lost = lostPackages(root);
  if (lost === null) return true;
  if (lost.length > 0) console.log(`setup: ${lost.length} packages are gone, such as ${lost[0]}`);
  return lost.length > 0;
}

/** Every package ships its binaries, so no package's script needs to run (nor to download). */
async function installDependencies() {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { code, said } = await npm(['ci', '--ignore-scripts', ...quiet, ...RETRIES]);
  if (code !== 0) {
    throw new Error(
      `${npmReason(said)}\n` +
        'It needs the npm registry (or a mirror: npm config set registry URL) and about 1 GB of disk.\n' +
        'Mend that, then run the command again.',
    );
  }
  writeFileSync(join(root, 'node_modules/.vitrine-lock'), lockDigest());
}

/** Runs npm, says every few seconds that it still does, and keeps what it complains of. */
function npm(args) {
  return new Promise((resolve) => {
    const child = spawn('npm', args, { stdio: ['ignore', 'inherit', 'pipe'], shell: process.platform === 'win32' });
    const startMs = Date.now();
    const still = setInterval(() => {
      console.log(`setup: npm ci is at work (${Math.round((Date.now() - startMs) / 1000)} s)`);
    }, STILL_MS);
    let said = '';
    child.stderr.on('data', (text) => (said += text));
    const end = (code, why = '') => {
      clearInterval(still);
      resolve({ code, said: said + why });
    };
    child.on('error', ({ message }) => end(-1, `npm error npm does not start: ${message}`));
    child.on('close', (code) => end(code));
  });
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
