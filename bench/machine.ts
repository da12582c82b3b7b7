import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, from a built file in `dist/bench/`. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Where a result was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly governor: string; // 'not visible' in most virtual machines
  readonly loadAverage: number; // of the minute before the run: other work shares the cores
}

export function machine(): Machine {
  const governor = '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor';
  return {
    cpu: cpuName(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()}`,
    governor: existsSync(governor) ? readFileSync(governor, 'utf8').trim() : 'not visible',
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** The commit that was measured; `dirty` when the working tree differs from it. */
export function commit(): { readonly hash: string; readonly dirty: boolean } {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });
    const changed = git('status', '--porcelain', '--', '.', ':!bench/results');
    return { hash: git('rev-parse', '--short=12', 'HEAD').trim(), dirty: changed !== '' };
  } catch {
    return { hash: 'unknown', dirty: true }; // an archive without .git
  }
}

/** Node's version and those of the packages named, as installed. */
export function versions(packages: readonly string[]): Record<string, string> {
  const found: Record<string, string> = { node: process.versions.node };
  for (const name of packages) {
    const path = join(ROOT, 'node_modules', name, 'package.json');
    if (!existsSync(path)) continue;
    found[name] = (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  }
  return found;
}

/** Hypervisors often hide the model's name; family and model number still tell it apart. */
function cpuName(): string {
  const name = cpus()[0]?.model.trim() ?? 'unknown';
  if (!existsSync('/proc/cpuinfo')) return name;
  const text = readFileSync('/proc/cpuinfo', 'utf8');
  const field = (key: string) => new RegExp(`^${key}\\s*: (.*)$`, 'm').exec(text)?.[1] ?? '?';
  return `${name} (family ${field('cpu family')}, model ${field('model')})`;
}
