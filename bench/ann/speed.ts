/** Recall against queries a second, and what building and holding an index takes. */
import { interleave, spread } from '../harness.ts';
import { withRatios, type Row } from '../report.ts';
import { BATCH, K, keptRecallAt, type Arena, type Contender } from './arena.ts';
import { nextBeam, rateAt, type SweepLimits } from './matched.ts';
import type { Setting, Timed } from './protocol.ts';
import { OURS } from './rivals.ts';

export interface SpeedSize {
  readonly lookQueries: number; // that beams are looked for with
  readonly queries: number; // that recall beside a target is taken over
  readonly turns: number;
  readonly leastMs: number; // of one setting in one turn
  readonly sweep: SweepLimits;
}

export interface Speeds {
  readonly rows: readonly Row[];
  /** CPU time over wall time while searches were timed: below 1, other work had the core as well. */
  readonly share: number;
}

export const TARGETS = [0.95, 0.99];
export const MODES = [{ mode: 'one by one', batch: 1 }, { mode: `${BATCH} a call`, batch: BATCH }] as const;
const RECALL_SHOWN_MIN = 0.7; // points that find less are not timed
const RECALL_ENOUGH = 0.997; // what a list of settings need not go beyond

export interface Measured {
  readonly contender: Contender;
  readonly setting: Setting;
  readonly recall: number;
}

export async function speed(
  arena: Arena, size: SpeedSize, say: (what: string) => void,
): Promise<Speeds> {
  const { set } = arena;
  const measured = await lookAround(arena, size, say);
  say(`${set.name}: ${size.turns} turns of ${measured.length} settings`);
  const { rates, share } = await timeAll(measured, size);
  const rows = [...matchedRows(arena, measured, rates), ...exactRows(arena, measured, rates)];
  return { rows: [...rows, ...holdingRows(arena), ...pointRows(arena, measured, rates)], share };
}

/** The settings worth timing, of all engines: what the folder of kept indexes remembers. */
export async function lookAround(
  arena: Arena, size: SpeedSize, say: (what: string) => void,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const contender of arena.contenders) {
    say(`${arena.set.name}: recall of ${contender.rival.name}`);
    measured.push(...(await sweep(arena, contender, size)));
  }
  return measured;
}

/** What a setting is called beside its engine. */
export function settingText(setting: Setting): string {
  if (setting.length === 0) return '';
  return setting.length === 1 ? `beam ${setting[0]}` : `${setting[0]} probes, k x ${setting[1]}`;
}

/** The settings worth timing. Those beside a target have their recall over all the queries. */
async function sweep(arena: Arena, contender: Contender, size: SpeedSize): Promise<Measured[]> {
  const { spends } = contender.rival;
  const { queryCount } = arena.set;
  const look = async (setting: Setting, queries: number): Promise<Measured> => {
    const recall = await keptRecallAt(contender, setting, arena.truth, Math.min(queries, queryCount));
    return { contender, setting, recall };
  };
  const found: Measured[] = [];
  if (spends === 'beam') {
    const seen = () => found.map(({ setting, recall }) => ({ beam: setting[0] as number, recall }));
    for (;;) {
      const beam = nextBeam(seen(), TARGETS, size.sweep);
      if (beam === null) break;
      found.push(await look([beam], size.lookQueries));
    }
  } else {
    for (const setting of spends === 'all' ? [[]] : spends) {
      found.push(await look(setting, size.lookQueries));
      if ((found.at(-1)?.recall ?? 0) >= RECALL_ENOUGH) break;
    }
  }
  const rising = found.toSorted((a, b) => a.recall - b.recall);
  const beside = TARGETS.flatMap((target) => {
    const above = rising.findIndex(({ recall }) => recall >= target);
    return above < 0 ? [] : rising.slice(Math.max(0, above - 1), above + 1);
  });
  for (const point of new Set(spends === 'all' ? [] : beside)) {
    found[found.indexOf(point)] = await look(point.setting, size.queries);
  }
  const shown = found.filter(({ recall }) => recall >= RECALL_SHOWN_MIN);
  const listed = shown.length > 0 ? shown : found.slice(-1);
  return listed.toSorted((a, b) => (a.setting[0] ?? 0) - (b.setting[0] ?? 0));
}

/** By `nameOf`, mode by mode: queries a second of the engine's CPU time, in each turn. */
type Rates = ReadonlyMap<string, readonly number[]>;

function nameOf({ contender, setting }: Measured, mode: string): string {
  return [contender.rival.key, ...setting, mode].join(' ');
}

async function timeAll(
  measured: readonly Measured[], size: SpeedSize,
): Promise<{ rates: Rates; share: number }> {
  const variants = measured.flatMap((point) =>
    modesOf(point).map(({ mode, batch }) => ({
      name: nameOf(point, mode),
      run: () => {
        const { setting, contender } = point;
        return contender.engine.ask({ do: 'time', setting, batch, leastMs: size.leastMs });
      },
    })),
  );
  const samples = await interleave<Timed>(variants, size.turns);
  const all = [...samples.values()].flat();
  const share = sum(all.map(({ cpuS }) => cpuS)) / sum(all.map(({ wallS }) => wallS));
  const ratesOf = (turns: readonly Timed[]) => turns.map(({ items, cpuS }) => items / cpuS);
  const rates = new Map([...samples].map(([name, turns]) => [name, ratesOf(turns)]));
  for (const point of measured) {
    if (point.contender.rival.batches) continue;
    rates.set(nameOf(point, MODES[1].mode), rates.get(nameOf(point, MODES[0].mode)) ?? []);
  }
  return { rates, share };
}

/** 64 queries of an engine without a call for many are 64 calls, and not timed twice. */
function modesOf({ contender }: Measured): readonly (typeof MODES)[number][] {
  return MODES.filter(({ batch }) => batch === 1 || contender.rival.batches);
}

function matchedRows(arena: Arena, measured: readonly Measured[], rates: Rates): Row[] {
  const name = `${arena.set.name}, recall@${K} as given`;
  const rows: Row[] = [];
  for (const { rival } of arena.contenders.filter(({ rival }) => rival.spends !== 'all')) {
    for (const target of TARGETS) {
      for (const { mode } of MODES) {
        const points = measured
          .filter(({ contender }) => contender.rival === rival)
          .map((point) => ({ ...point, rate: spread(rates.get(nameOf(point, mode)) ?? []).median }));
        const value = rateAt(points, target);
        if (value === null) continue;
        rows.push({ case: name, impl: rival.name, metric: `${target}, ${mode}`, value, unit: 'queries/s' });
      }
    }
  }
  return [...withRatios(rows, OURS), ...multiples(`${arena.set.name}: times as fast as`, rows)];
}

/** How many times as fast ours is: the figures that a machine's speed does not move. */
function multiples(name: string, rows: readonly Row[]): Row[] {
  return rows
    .filter(({ impl }) => impl !== OURS)
    .flatMap(({ impl, metric, value }) => {
      const ours = rows.find((row) => row.impl === OURS && row.metric === metric);
      return ours ? [{ case: name, impl, metric, value: ours.value / value, unit: 'x' }] : [];
    });
}

function exactRows(arena: Arena, measured: readonly Measured[], rates: Rates): Row[] {
  const name = `${arena.set.name}, compared with all`;
  const rows = measured
    .filter(({ contender }) => contender.rival.spends === 'all')
    .flatMap((point): Row[] => {
      const impl = point.contender.rival.name;
      const timed = MODES.map(({ mode }): Row => {
        const { median, low, high } = spread(rates.get(nameOf(point, mode)) ?? []);
        return { case: name, impl, metric: mode, value: median, unit: 'queries/s', low, high };
      });
      return [...timed, { case: name, impl, metric: `recall@${K}`, value: point.recall, unit: 'share' }];
    });
  const timed = rows.filter(({ unit }) => unit === 'queries/s');
  const rated = withRatios(timed, `${OURS} exact`);
  return rows.map((row) => rated[timed.indexOf(row)] ?? row);
}

function holdingRows({ set, contenders }: Arena): Row[] {
  const name = `${set.name}, to build and to hold`;
  return contenders
    .filter(({ rival }) => rival.key !== 'numpy')
    .flatMap(({ rival, built }): Row[] => [
      { case: name, impl: rival.name, metric: 'build', value: built.cpuS, unit: 'CPU s' },
      { case: name, impl: rival.name, metric: 'build, elapsed', value: built.wallS, unit: 's' },
      { case: name, impl: rival.name, metric: 'held', value: built.bytes / set.count, unit: 'bytes/vector' },
    ]);
}

function pointRows(arena: Arena, measured: readonly Measured[], rates: Rates): Row[] {
  const name = `${arena.set.name}, every point measured`;
  return measured.flatMap((point): Row[] => {
    const impl = [point.contender.rival.name, settingText(point.setting)].filter(Boolean).join(', ');
    const timed = MODES.map(({ mode }): Row => {
      const { median, low, high } = spread(rates.get(nameOf(point, mode)) ?? []);
      return { case: name, impl, metric: mode, value: median, unit: 'queries/s', low, high };
    });
    return [{ case: name, impl, metric: `recall@${K}`, value: point.recall, unit: 'share' }, ...timed];
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
