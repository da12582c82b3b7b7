/** What a bench can use where it is there: npm packages of manifests of their own, and Python. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why something cannot be had here. */
export interface Missing {
  readonly missing: string;
}

/** An interpreter, and the versions of what it can import. */
export interface Python {
  readonly python: string;
  readonly versions: Record<string, string>;
}

const INSTALL_MS_MAX = 300_000;

/**
 * A python3 (`VITRINE_BENCH_PYTHON` names one) that imports all of `modules`, whose packages'
 * names are their values; or why there is none.
 */
export function pythonWith(modules: Readonly<Record<string, string>>): Python | Missing {
  const python = process.env['VITRINE_BENCH_PYTHON'] || 'python3';
  const names = Object.keys(modules);
  const code = `import ${names.join(', ')}; print(${names.map((name) => `${name}.__version__`).join(', ')})`;
  const { status, stdout, stderr } = spawnSync(python, ['-c', code], { encoding: 'utf8' });
  if (status !== 0) return { missing: lastLine(stderr ?? '') || `there is no ${python}` };
  const found = stdout.trim().split(' ');
  return {
    python,
    versions: Object.fromEntries(Object.values(modules).map((name, at) => [name, found[at] ?? ''])),
  };
}

/** Runs `npm ci` once for a manifest and its lock; returns null, or why it failed. */
export function installOnce({ from, to }: { from: string; to: string }): string | null {
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

export function packageVersion(folder: string, name: string): string {
  const path = join(folder, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

export function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
