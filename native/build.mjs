// Builds build/vitrine.node from binding.gyp with a C++20 compiler alone: no Python, no header
// download. Node-API headers come from npm (`node-api-headers`), so one binary loads in every
// supported Node. `node-gyp rebuild` reads the same binding.gyp, for who prefers it.
//
//   node native/build.mjs [--sanitize=address|undefined|thread] [--out=FILE]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const COMPILERS = ['c++', 'g++', 'clang++'];
export const COMPILER_FIX =
  'Vitrine needs a C++20 compiler (g++ 11 or clang 14, or newer) to build its native addon.\n' +
  '  Debian, Ubuntu:  apt-get install g++\n' +
  '  Fedora:          dnf install gcc-c++\n' +
  '  macOS:           xcode-select --install\n' +
  'Or name one with the environment variable CXX.';

/**
 * Compiles what is older than its sources; resolves to the addon's path. An addon that is not the
 * one that was linked here, byte for byte, is linked again. Without a compiler a finished addon will
 * do; else rejects with what to install.
 */
export async function buildNative({ sanitize = '', out = join(root, 'build/vitrine.node'), say = console.log } = {}) {
  const target = JSON.parse(readFileSync(join(root, 'binding.gyp'), 'utf8')).targets[0];
  const found = await findCompiler();
  if (!found) {
    if (isWhole(out) && !isOlder(out)) return out;
    const { CXX } = process.env;
    throw new Error(CXX ? `CXX names '${CXX}', which does not run.\n${COMPILER_FIX}` : COMPILER_FIX);
  }
  const { compiler, version } = found;
  const folder = join(dirname(out), sanitize ? `objects-${sanitize}` : 'objects');
  mkdirSync(folder, { recursive: true });
  const flags = [
    ...target.cflags_cc,
    '-fPIC',
    '-pthread',
    ...(sanitize ? [`-fsanitize=${sanitize}`, '-g', '-fno-omit-frame-pointer'] : []),
    ...target.defines.map((name) => `-D${name}`),
    ...target.include_dirs.map((path) => `-I${join(root, path)}`),
    `-isystem${join(root, 'node_modules/node-api-headers/include')}`,
    `-isystem${join(root, 'node_modules/node-addon-api')}`,
  ].filter((flag) => flag !== `-I${join(root, 'node_modules/node-addon-api')}`);
  const made = JSON.stringify([compiler, version, process.arch, flags]);
  const stamp = createHash('sha256').update(made).digest('hex').slice(0, 8);
  const jobs = target.sources.map((source) => {
    const object = join(folder, `${source.replaceAll('/', '_')}.${stamp}.o`);
    return { source: join(root, source), object, stale: !isFresh(object) };
  });
  const stale = jobs.filter((job) => job.stale);
  let done = 0;
  await eachOf(stale, availableParallelism(), async ({ source, object }) => {
    await compile(compiler, [...flags, '-MMD', '-MF', `${object}.d`, '-c', source, '-o', `${object}.part`]);
    renameSync(`${object}.part`, object);
    say(`  native ${++done}/${stale.length} ${basename(source)}`);
  });
  const objects = jobs.map((job) => job.object);
  const newest = Math.max(...objects.map((path) => statSync(path).mtimeMs));
  if (stale.length > 0 || !isWhole(out) || statSync(out).mtimeMs < newest) {
    const dynamic = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
    const checks = sanitize ? [`-fsanitize=${sanitize}`] : [];
    await run(compiler, ['-shared', '-pthread', ...dynamic, ...checks, ...objects, '-o', `${out}.part`]);
    renameSync(`${out}.part`, out);
    writeFileSync(`${out}.sha256`, digestOf(out));
  }
  return out;
}

/** Whether the addon is the file that was linked: neither cut short nor put there by something else. */
function isWhole(out) {
  const digest = `${out}.sha256`;
  return existsSync(out) && existsSync(digest) && readFileSync(digest, 'utf8') === digestOf(out);
}

function digestOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function isOlder(out) {
  const native = join(root, 'native');
  const sources = readdirSync(native, { recursive: true }).filter((name) => /\.(cc|h)$/.test(name));
  const paths = [join(root, 'binding.gyp'), ...sources.map((name) => join(native, name))];
  return paths.some((path) => statSync(path).mtimeMs > statSync(out).mtimeMs);
}

/** Whether the object is newer than every file that the compiler said it read. */
function isFresh(object) {
  if (!existsSync(object) || !existsSync(`${object}.d`)) return false;
  const builtMs = statSync(object).mtimeMs;
  const read = readFileSync(`${object}.d`, 'utf8').replaceAll('\\\n', ' ').split(/\s+/).slice(1).filter(Boolean);
  return read.every((path) => existsSync(path) && statSync(path).mtimeMs <= builtMs);
}

/** The first compiler that runs, and what it says of itself; null when none does. */
export async function findCompiler() {
  for (const compiler of process.env.CXX ? [process.env.CXX] : COMPILERS) {
    try {
      return { compiler, version: (await run(compiler, ['--version'])).split('\n')[0] };
    } catch {
      // not this one
    }
  }
  return null;
}

function compile(compiler, args) {
  return run(compiler, args).catch((error) => {
    const hint = 'If these are not errors of the source, the compiler is too old or incomplete.';
    throw new Error(`${error.message}\n${hint}\n${COMPILER_FIX}`);
  });
}

/** Resolves to what the command wrote to stdout. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let said = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (said += text));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${command} failed:\n${said}`))));
  });
}

async function eachOf(list, width, work) {
  const rest = [...list];
  await Promise.all(Array.from({ length: width }, async () => {
    for (let next = rest.shift(); next; next = rest.shift()) await work(next);
  }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
  const out = option('out');
  try {
    console.log(await buildNative({ sanitize: option('sanitize') ?? '', ...(out ? { out } : {}) }));
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
