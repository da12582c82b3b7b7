/** The native vector index beside what else a Node process could search in, at matched recall. */
import { assemble, BATCH, disband, K, type Arena } from './ann/arena.ts';
import { churn, type ChurnSize } from './ann/churn.ts';
import { digestOf } from './ann/files.ts';
import { filters, type FilterSize } from './ann/filters.ts';
import { plotSpeeds } from './ann/plot.ts';
import { gather, RIVALS, type Rival } from './ann/rivals.ts';
import { SETS, SETS_ASKED_FOR, type VectorSet } from './ann/sets.ts';
import { lookAround, speed, type SpeedSize } from './ann/speed.ts';
import type { Bench, BenchSize } from './bench.ts';
import type { Row } from './report.ts';

interface Size {
  readonly sets: readonly string[];
  readonly rivals: readonly string[];
  readonly leftOut?: Readonly<Record<string, readonly string[]>>; // of a set: rivals that build for long
  readonly speed: SpeedSize;
  readonly filter: FilterSize & { readonly sets: readonly string[] };
  readonly churn: ChurnSize & { readonly sets: readonly string[] };
}

const PEERS = RIVALS.filter((key) => !key.startsWith('vitrine'));
const WIDE = { beamMin: K, beamMax: 4096, gapMax: 0.016, stepsMax: 14 };
const SHARES = [0.5, 0.1, 0.01, 0.001, 0.0001];
const SIZES: Record<BenchSize, Size> = {
  full: {
    sets: Object.keys(SETS).filter((key) => !SETS_ASKED_FOR.includes(key)),
    rivals: RIVALS,
    leftOut: {
      clusters: ['vitrine-bf16', 'usearch-f32', 'usearch-bf16', 'faiss-hnsw', 'faiss-flat'],
      'wink-1k': PEERS,
    },
    speed: { lookQueries: 2000, queries: 10_000, turns: 3, leastMs: 200, sweep: WIDE },
    filter: {
      sets: ['wink'], shares: SHARES, queriesMax: 1000, queriesMin: 40, passMs: 1000,
      sweep: { ...WIDE, beamMax: 1280, gapMax: 0.03, stepsMax: 8 },
    },
    churn: {
      sets: ['wink', 'diginetica-cosine'], share: 0.3, peersCountMax: 100_000, queries: 1000,
      sweep: WIDE,
    },
  },
  quick: {
    sets: ['clusters', 'wink'],
    rivals: ['vitrine', 'vitrine-exact', 'hnswlib', 'usearch-bf16', 'faiss-ivf', 'numpy'],
    speed: { lookQueries: 500, queries: 500, turns: 3, leastMs: 40, sweep: { ...WIDE, gapMax: 0.05 } },
    filter: {
      sets: ['clusters'], shares: [0.5, 0.1, 0.01], queriesMax: 200, queriesMin: 20, passMs: 100,
      sweep: { ...WIDE, beamMax: 320, gapMax: 0.1, stepsMax: 6 },
    },
    churn: { sets: ['clusters'], share: 0.1, peersCountMax: 0, queries: 500, sweep: WIDE },
  },
  smoke: {
    sets: ['clusters'],
    rivals: ['vitrine', 'vitrine-exact'],
    speed: { lookQueries: 128, queries: 128, turns: 1, leastMs: 1, sweep: { ...WIDE, stepsMax: 4 } },
    filter: {
      sets: ['clusters'], shares: [0.5, 0.1], queriesMax: 128, queriesMin: 10, passMs: 4,
      sweep: { ...WIDE, stepsMax: 3 },
    },
    churn: {
      sets: ['clusters'], share: 0.3, peersCountMax: 0, queries: 128, sweep: { ...WIDE, stepsMax: 3 },
    },
  },
};
const PARTS = ['build', 'speed', 'filter', 'churn']; // `build` alone fills the folder of what is kept
const SHARE_QUIET_MIN = 0.97; // of the core that the engines had, on a machine with nothing else to do

export const bench: Bench = {
  packages: [],
  choices: [...Object.keys(SETS), ...RIVALS, ...PARTS],
  async run({ size: named, only = [], say }) {
    const size = SIZES[named];
    const parts = chosen(PARTS, only);
    const company = gather([...chosen(size.rivals, only), 'vitrine-exact']); // which knows the truth
    const oracle = company.rivals.find(({ key }) => key === 'vitrine-exact') as Rival;
    const notes = [...company.notes];
    const rows: Row[] = [];
    const sets: VectorSet[] = [];
    for (const key of chosenSets(size.sets, only)) {
      const found = await SETS[key]?.(named);
      if (!found || 'missing' in found) {
        notes.push(`${key} was left out: ${found?.missing}`);
        continue;
      }
      sets.push(found);
      const out = (size.leftOut?.[key] ?? []).filter((rival) => !only.includes(rival));
      const rivals = company.rivals.filter((rival) => !out.includes(rival.key));
      const arena = await assemble(found, rivals, oracle, say);
      try {
        notes.push(...arena.notes);
        if (parts.includes('speed')) {
          const { rows: more, share } = await speed(arena, size.speed, say);
          rows.push(...more);
          if (share < SHARE_QUIET_MIN) notes.push(busyText(found, share));
        } else if (parts.includes('build')) {
          await lookAround(arena, size.speed, say);
        }
        rows.push(...(await others(arena, size, key, parts, say)));
      } finally {
        disband(arena);
      }
    }
    notes.push(
      'Rates are a second of CPU time of the engine, on one core. In brackets: this figure over Vitrine\'s.',
      'An engine whose cheapest setting finds more than asked stands with that setting\'s rate.',
      `hnswlib-node has no call for many queries: ${BATCH} of them are ${BATCH} calls.`,
      'Held: our own count of memory; of a peer, the size of its file.',
    );
    return {
      inputs: digestOf(sets.map(({ inputs }) => inputs).join()),
      versions: company.versions,
      rows,
      notes,
      pictures: plotSpeeds(rows),
    };
  },
};

async function others(
  arena: Arena, size: Size, key: string, parts: readonly string[], say: (what: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  const oracle = arena.contenders.find(({ rival }) => rival.key === 'vitrine-exact');
  if (oracle && parts.includes('filter') && size.filter.sets.includes(key)) {
    rows.push(...(await filters(arena, oracle.engine, size.filter, say)));
  }
  if (parts.includes('churn') && size.churn.sets.includes(key)) {
    rows.push(...(await churn(arena, size.churn, say)));
  }
  return rows;
}

/** Sets that were named, asked for or not; else those of the size. */
function chosenSets(usual: readonly string[], named: readonly string[]): string[] {
  const some = Object.keys(SETS).filter((name) => named.includes(name));
  return some.length > 0 ? some : [...usual];
}

/** Those of `all` that were named, or all of them where none was. */
function chosen(all: readonly string[], named: readonly string[]): string[] {
  const some = all.filter((name) => named.includes(name));
  return some.length > 0 ? some : [...all];
}

function busyText({ name }: VectorSet, share: number): string {
  const percent = Math.round(share * 100);
  return `${name}: the engines had ${percent} % of their core, other work the rest: figures are rough`;
}
