/** Every engine of the comparison, and what each may be told to spend. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../machine.ts';
import { digestOf } from './files.ts';
import { findPeer, findPython } from './peers.ts';
import type { Program } from './process.ts';
import type { Setting } from './protocol.ts';

export interface Rival {
  readonly key: string; // as `--only` names it
  readonly name: string; // for tables and plots
  readonly program: Program;
  readonly version: string; // what its kept indexes depend on
  /** A beam to be searched for; settings to be tried; or none, since it compares with all. */
  readonly spends: 'beam' | readonly Setting[] | 'all';
  readonly filters: boolean;
  readonly changes: boolean; // takes vectors out and in while it serves
  readonly batches: boolean; // has a call for many queries
}

export interface Company {
  readonly rivals: readonly Rival[];
  readonly versions: Record<string, string>;
  readonly notes: readonly string[]; // who is missing, and why
}

/** The engine that the others are compared with. */
export const OURS = 'Vitrine';
export const RIVALS = [
  'vitrine', 'vitrine-bf16', 'vitrine-exact', 'hnswlib', 'usearch-f32', 'usearch-bf16',
  'faiss-hnsw', 'faiss-ivf', 'faiss-flat', 'numpy',
] as const;

/** Packages, and the engines that each of them is. */
const NPM_PEERS = [
  ['hnswlib-node', ['hnswlib']],
  ['usearch', ['usearch-f32', 'usearch-bf16']],
] as const;

/** Probes and k factor, from the cheapest; tried until nearly all is found. */
const IVF_SETTINGS: readonly Setting[] = [
  [2, 10], [4, 10], [8, 10], [16, 10], [32, 10], [32, 20], [64, 20], [96, 20], [128, 20], [128, 40],
  [192, 40], [256, 40], [256, 80], [384, 80],
];

/** Looks which engines can be had, of those named. Installs npm's where `install`. */
export function gather(wanted: readonly string[]): Company {
  const rivals: Rival[] = [];
  const notes: string[] = [];
  const versions: Record<string, string> = {};
  const add = (rival: Rival) => {
    if (wanted.includes(rival.key)) rivals.push(rival);
  };
  const ours = { filters: true, changes: true, batches: true, version: coreDigest() } as const;
  add({ ...ours, key: 'vitrine', name: OURS, program: node('vitrine-graph'), spends: 'beam' });
  const rounded = { name: `${OURS} bf16`, program: node('vitrine-bf16') };
  add({ ...ours, ...rounded, key: 'vitrine-bf16', spends: 'beam' });
  const exact = { name: `${OURS} exact`, program: node('vitrine-exact'), changes: false };
  add({ ...ours, ...exact, key: 'vitrine-exact', spends: 'all' });

  const npm = { spends: 'beam', changes: true } as const;
  for (const [name, keys] of NPM_PEERS) {
    if (!keys.some((key) => wanted.includes(key))) continue;
    const found = findPeer(name);
    if ('missing' in found) {
      notes.push(`${name} was left out: ${found.missing}`);
      continue;
    }
    versions[name] = found.version;
    for (const key of keys) {
      const batches = name === 'usearch';
      const faculties = { batches, filters: !batches };
      const title = batches ? key.replace('-', ' ') : name;
      add({ ...npm, ...faculties, key, name: title, program: node(key), version: found.version });
    }
  }

  const python = ['faiss-hnsw', 'faiss-ivf', 'faiss-flat', 'numpy'].filter((key) => wanted.includes(key));
  if (python.length > 0) {
    const found = findPython();
    if ('missing' in found) {
      const advice = 'VITRINE_BENCH_PYTHON names a python3 with faiss-cpu';
      notes.push(`FAISS and the BLAS scan were left out: ${found.missing} (${advice})`);
      return { rivals, versions, notes };
    }
    Object.assign(versions, found.versions);
    const version = Object.values(found.versions).join();
    const base = { changes: false, filters: false, batches: true, version } as const;
    const program = (name: string): Program => ({ kind: 'python', python: found.python, name });
    const hnsw = { name: 'FAISS HNSW32', program: program('hnsw32'), filters: true };
    const ivf = { name: 'FAISS IVF fast-scan', program: program('ivf-fast-scan') };
    const flat = { name: 'FAISS flat', program: program('flat') };
    const numpy = { name: 'BLAS scan (numpy)', program: program('numpy-scan') };
    add({ ...base, ...hnsw, key: 'faiss-hnsw', spends: 'beam' });
    add({ ...base, ...ivf, key: 'faiss-ivf', spends: IVF_SETTINGS });
    add({ ...base, ...flat, key: 'faiss-flat', spends: 'all' });
    add({ ...base, ...numpy, key: 'numpy', spends: 'all' });
  }
  return { rivals, versions, notes };
}

function node(name: string): Program {
  return { kind: 'node', name };
}

/** Our indexes are built again when the index's sources change: its files may have changed with them. */
function coreDigest(): string {
  const files = ['core', 'distance', 'index'].flatMap((room) => {
    const folder = join(ROOT, 'native', room);
    return readdirSync(folder).sort().map((name) => readFileSync(join(folder, name), 'utf8'));
  });
  return digestOf(files.join('\0'));
}
