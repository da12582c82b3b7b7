import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

/** What `judge.ts` needs to know of the machine; nothing here can fail. */
export interface Machine {
  readonly nodeVersion: string; // `v20.20.2`
  readonly platform: string; // `linux-x64`
  readonly glibc: string; // `2.36`; empty where the C library is another
  readonly cores: number;
  readonly gigabytes: number;
}

export function thisMachine(): Machine {
  return {
    nodeVersion: process.version,
    platform: `${process.platform}-${process.arch}`,
    glibc: glibcVersion(),
    cores: availableParallelism(),
    gigabytes: Math.round(totalmem() / 2 ** 30),
  };
}

function glibcVersion(): string {
  const report = process.report as unknown as { excludeNetwork: boolean; getReport(): object };
  report.excludeNetwork = true; // else it may look names up
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ?? '';
}

export interface Gpu {
  readonly devices: readonly string[]; // `NVIDIA H100, 580.95.05, 81559 MiB`
  readonly driverLibrary: string; // path of libcuda.so.1; empty: none found
}

const SMI_MS_MAX = 10_000;
const LIBRARY_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib',
  '/usr/local/nvidia/lib64', '/usr/local/cuda/compat', '/usr/lib/wsl/lib',
];

/** NVIDIA's own tool says which devices its driver runs; the kernels load the driver's library. */
export function findGpu(libraryPath = ''): Gpu {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  const said = spawnSync('nvidia-smi', query, { encoding: 'utf8', timeout: SMI_MS_MAX });
  const folders = [...libraryPath.split(':').filter((folder) => folder !== ''), ...LIBRARY_FOLDERS];
  return {
    devices: said.status === 0 ? said.stdout.split('\n').filter((text) => text !== '') : [],
    driverLibrary: folders.map((folder) => join(folder, 'libcuda.so.1')).find(existsSync) ?? '',
  };
}
