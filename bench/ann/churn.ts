/** An index whose vectors come and go: how many a second, and what recall is left. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Prng } from '../../server/core/prng.ts';
import type { Row } from '../report.ts';
import { K, recallAt, type Arena, type Contender } from './arena.ts';
import { CACHE, writeParts } from './files.ts';
import { nextBeam, type SweepLimits } from './matched.ts';
import { EngineProcess } from './process.ts';
import type { Timed } from './protocol.ts';
import type { VectorSet } from './sets.ts';

export interface ChurnSize {
  readonly share: number; // of the vectors that leave and come back
  readonly peersCountMax: number; // larger sets are churned in our index alone: peers take minutes
  readonly queries: number;
  readonly sweep: SweepLimits;
}

const BLOCKS = 30; // turns of leaving and coming back
const REFINE_ROWS = 10_000; // in one call
const LIVE_SHARE = 0.1; // of the vectors
const TARGET = 0.95;
const SEED = 977;

/**
 * Takes vectors out block by block; each block comes back a block later. In the end all are there
 * again, so recall before and after is measured against the same truth, at the same beam: the one
 * that first found 95 %. The engines' indexes are used up: nothing may be measured in them later.
 */
export async function churn(
  arena: Arena, size: ChurnSize, say: (what: string) => void,
): Promise<Row[]> {
  const { set } = arena;
  const small = set.count <= size.peersCountMax;
  const takesPart = ({ rival }: Contender) => rival.changes && (small || rival.key === 'vitrine');
  const contenders = arena.contenders.filter(takesPart);
  const rows: Row[] = [];
  const name = `${set.name}, after ${Math.round(size.share * 100)} % of the vectors left and came back`;
  for (const contender of contenders) {
    const { rival } = contender;
    const impl = rival.name;
    say(`${set.name}: churn in ${impl}`);
    const queries = Math.min(size.queries, set.queryCount);
    const { beam, recall } = await beamFor(contender, arena.truth, queries, size.sweep);
    const { added, removed } = await replace(contender, set.count, size.share);
    const after = await recallAt(contender, [beam], arena.truth, queries);
    if (rival.key === 'vitrine') rows.push(...(await liveRows(contender, set, beam, name)));
    const refined = rival.key === 'vitrine' ? await refine(contender, set.count) : null;
    const row = (metric: string, value: number, unit: string): Row => {
      return { case: name, impl, metric, value, unit };
    };
    rows.push(
      row('inserts', added.items / added.cpuS, '1/s'),
      row('removals', removed.items / removed.cpuS, '1/s'),
      row('beam', beam, 'places'),
      row(`recall@${K} before`, recall, 'share'),
      row(`recall@${K} after`, after, 'share'),
    );
    if (!refined) continue;
    const mended = await recallAt(contender, [beam], arena.truth, queries);
    rows.push(row('refining all', refined.cpuS, 'CPU s'), row(`recall@${K} refined`, mended, 'share'));
  }
  return rows;
}

/**
 * Seconds of the clock, in a process that may use all cores: how many vectors come, alone and while a thread
 * searches as fast as it can.
 */
async function liveRows(
  { rival, home }: Contender, set: VectorSet, beam: number, name: string,
): Promise<Row[]> {
  const { base, queries, count, queryCount, dim, metric } = set;
  const engine = new EngineProcess(rival.program, null);
  const file = join(CACHE, `live-${process.pid}.u32`);
  try {
    const files = { base, queries, count, queryCount, dim, metric, k: K, index: join(home, 'index') };
    await engine.ask({ do: 'open', ...files });
    writeParts(file, [someOf(count, Math.round(count * LIVE_SHARE))]);
    const alone = await engine.ask({ do: 'live', ids: file, beam: null });
    const both = await engine.ask({ do: 'live', ids: file, beam });
    const row = (metric: string, value: number, unit: string): Row => {
      return { case: name, impl: rival.name, metric, value, unit };
    };
    return [
      row('inserts by the clock', alone.added / alone.addS, '1/s'),
      row('the same while searched', both.added / both.addS, '1/s'),
      row('searches meanwhile', both.searches / both.wallS, '1/s'),
      row('longest of them', both.longestMs, 'ms'),
    ];
  } finally {
    engine.stop();
    rmSync(file, { force: true });
  }
}

async function beamFor(
  contender: Contender, truth: Uint32Array, queries: number, sweep: SweepLimits,
): Promise<{ beam: number; recall: number }> {
  const seen: { beam: number; recall: number }[] = [];
  for (;;) {
    const beam = nextBeam(seen, [TARGET], sweep);
    if (beam === null) break;
    seen.push({ beam, recall: await recallAt(contender, [beam], truth, queries) });
  }
  const enough = seen.filter(({ recall }) => recall >= TARGET).toSorted((a, b) => a.beam - b.beam);
  return enough[0] ?? (seen.at(-1) as { beam: number; recall: number });
}

async function replace(
  { engine }: Contender, count: number, share: number,
): Promise<{ added: Timed; removed: Timed }> {
  const leaving = someOf(count, Math.round(count * share));
  const blockSize = Math.ceil(leaving.length / BLOCKS);
  const times = { added: { items: 0, wallS: 0, cpuS: 0 }, removed: { items: 0, wallS: 0, cpuS: 0 } };
  let away: string | null = null;
  for (let block = 0; block <= BLOCKS; block += 1) {
    const ids = leaving.subarray(block * blockSize, (block + 1) * blockSize);
    const file = join(CACHE, `churn-${process.pid}-${block % 2}.u32`);
    if (ids.length > 0) {
      writeParts(file, [ids]);
      times.removed = plus(times.removed, await engine.ask({ do: 'remove', ids: file }));
    }
    if (away) {
      times.added = plus(times.added, await engine.ask({ do: 'add', ids: away }));
      rmSync(away);
    }
    away = ids.length > 0 ? file : null;
  }
  return times;
}

/** In blocks, as a server would while there is time. */
async function refine({ engine }: Contender, count: number): Promise<Timed> {
  let times: Timed = { items: 0, wallS: 0, cpuS: 0 };
  for (let left = count; left > 0; left -= REFINE_ROWS) {
    times = plus(times, await engine.ask({ do: 'refine', count: Math.min(left, REFINE_ROWS) }));
  }
  return times;
}

/** `length` of the numbers below `count`, none twice, in a seeded order. */
function someOf(count: number, length: number): Uint32Array {
  const prng = new Prng(SEED);
  const ids = Uint32Array.from({ length: count }, (_, id) => id);
  for (let at = 0; at < length; at += 1) {
    const other = at + prng.below(count - at);
    const held = ids[at] as number;
    ids[at] = ids[other] as number;
    ids[other] = held;
  }
  return ids.slice(0, length);
}

function plus(a: Timed, b: Timed): Timed {
  return { items: a.items + b.items, wallS: a.wallS + b.wallS, cpuS: a.cpuS + b.cpuS };
}
