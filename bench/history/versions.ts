/** What `bench/results/` held, commit by commit: git is the archive. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../report.ts';

const FOLDER = 'bench/results';
const BYTES_MAX = 2 ** 28;

/** All results that were ever committed, and those of the working tree, by bench, oldest first. */
export function resultsOf(root: string): Map<string, Result[]> {
  const found = new Map<string, Result[]>();
  const seen = new Set<string>();
  const take = (text: string): void => {
    const result = parsed(text);
    if (result === null || seen.has(`${result.bench} ${result.when}`)) return;
    seen.add(`${result.bench} ${result.when}`);
    found.set(result.bench, [...found.get(result.bench) ?? [], result]);
  };
  for (const [commit, path] of committed(root)) take(git(root, 'show', `${commit}:${path}`));
  const folder = join(root, FOLDER);
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (isResult(name)) take(readFileSync(join(folder, name), 'utf8'));
  }
  for (const all of found.values()) all.sort((a, b) => a.when.localeCompare(b.when));
  return found;
}

/** Every state of every result file. Empty where there is no git. */
function committed(root: string): [commit: string, path: string][] {
  let log: string;
  try {
    log = git(root, 'log', '--reverse', '--format=%H', '--name-only', '--diff-filter=AM', '--', FOLDER);
  } catch {
    return [];
  }
  const pairs: [string, string][] = [];
  let commit = '';
  for (const line of log.split('\n')) {
    if (/^[0-9a-f]{40,64}$/.test(line)) commit = line;
    else if (line.startsWith(`${FOLDER}/`) && isResult(line.slice(FOLDER.length + 1))) pairs.push([commit, line]);
  }
  return pairs;
}

function isResult(name: string): boolean {
  return /^[a-z]+\.json$/.test(name); // quick runs and parts have a dash in their names
}

function git(root: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe', maxBuffer: BYTES_MAX });
}

/** null where it is no result of a full run. */
function parsed(text: string): Result | null {
  try {
    const result = JSON.parse(text) as Partial<Result>;
    const named = result.bench !== undefined && result.when !== undefined;
    return named && result.machine && Array.isArray(result.rows) && !result.quick ? result as Result : null;
  } catch {
    return null;
  }
}
