/** A set with every engine that is to search in it: built or read from the kept ones, and opened. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, digestOf, kept, readIds } from './files.ts';
import { EngineProcess } from './process.ts';
import type { Built, Setting } from './protocol.ts';
import { recallOf } from './matched.ts';
import type { Rival } from './rivals.ts';
import type { VectorSet } from './sets.ts';

export const K = 10;
export const BATCH = 64; // queries in one call

/** An engine with the set in it. */
export interface Contender {
  readonly rival: Rival;
  readonly engine: EngineProcess;
  readonly built: Built;
  readonly home: string; // folder of the kept index
}

export interface Arena {
  readonly set: VectorSet;
  readonly contenders: readonly Contender[];
  readonly truth: Uint32Array; // [queryCount, K]
  readonly notes: readonly string[]; // who failed, and how
}

/** Opens them all. Indexes not yet built are, each in a process that may use every core. */
export async function assemble(
  set: VectorSet, rivals: readonly Rival[], oracle: Rival, say: (what: string) => void,
): Promise<Arena> {
  const contenders: Contender[] = [];
  const notes: string[] = [];
  for (const rival of rivals) {
    try {
      contenders.push(await enter(set, rival, say));
    } catch (error) {
      notes.push(`${set.name}: ${rival.name} was left out: ${(error as Error).message}`);
    }
  }
  const truth = await truthOf(set, oracle, say);
  return { set, contenders, truth, notes };
}

export function disband({ contenders }: Arena): void {
  for (const { engine } of contenders) engine.stop();
}

/** Share of the true neighbours found at a setting, over the first `count` queries. */
export async function recallAt(
  { engine, rival }: Contender, setting: Setting, truth: Uint32Array, count: number,
): Promise<number> {
  const found = await answers(engine, setting, count, rival.batches ? BATCH : 1);
  return recallOf(found, truth.subarray(0, count * K), K);
}

/** The same of an index as it was built: what it finds is kept beside it, and asked for once. */
export async function keptRecallAt(
  contender: Contender, setting: Setting, truth: Uint32Array, count: number,
): Promise<number> {
  const path = join(contender.home, 'recall.json');
  const known = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Recalls) : {};
  const name = `${setting.join()} over ${count}`;
  const recall = known[name] ?? (await recallAt(contender, setting, truth, count));
  writeFileSync(path, JSON.stringify({ ...known, [name]: recall }));
  return recall;
}
type Recalls = Readonly<Record<string, number>>;

/** Ids of the first `count` queries' results, `[count, K]`. */
export async function answers(
  engine: EngineProcess, setting: Setting, count: number, batch: number,
): Promise<Uint32Array> {
  const into = join(CACHE, `answers-${process.pid}.u32`);
  await engine.ask({ do: 'answer', setting, count, batch, into });
  const ids = readIds(into);
  rmSync(into);
  return ids;
}

async function enter(set: VectorSet, rival: Rival, say: (what: string) => void): Promise<Contender> {
  const { base, queries, count, queryCount, dim, metric } = set;
  const inputs = JSON.stringify([set.inputs, rival.key, rival.version]);
  const files = { base, queries, count, queryCount, dim, metric, k: K };
  const name = `index-${set.key}-${digestOf(set.inputs).slice(0, 4)}-${rival.key}`;
  const folder = await kept(name, inputs, async (half) => {
    say(`${set.name}: building ${rival.name}`);
    const builder = new EngineProcess(rival.program, null);
    try {
      const built = await builder.ask({ do: 'build', ...files, index: join(half, 'index') });
      writeFileSync(join(half, 'built.json'), JSON.stringify(built));
    } finally {
      builder.stop();
    }
  });
  const engine = new EngineProcess(rival.program);
  try {
    await engine.ask({ do: 'open', ...files, index: join(folder, 'index') });
  } catch (error) {
    engine.stop();
    throw error;
  }
  const built = JSON.parse(readFileSync(join(folder, 'built.json'), 'utf8')) as Built;
  return { rival, engine, built, home: folder };
}

/** The published neighbours where there are some, else our exact index's. */
async function truthOf(
  set: VectorSet, oracle: Rival, say: (what: string) => void,
): Promise<Uint32Array> {
  if (set.truth) {
    const { ids, width } = set.truth;
    return ids.filter((_, i) => i % width < K);
  }
  const inputs = JSON.stringify([set.inputs, K, oracle.version]);
  const name = `truth-${set.key}-${digestOf(set.inputs).slice(0, 4)}`;
  const folder = await kept(name, inputs, async (half) => {
    const { engine } = await enter(set, oracle, say);
    say(`${set.name}: exact neighbours of ${set.queryCount} queries`);
    const into = join(half, 'ids.u32');
    await engine.ask({ do: 'answer', setting: [], count: set.queryCount, batch: BATCH, into });
    engine.stop();
  });
  return readIds(join(folder, 'ids.u32'));
}
