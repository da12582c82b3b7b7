import { HEADLINES, rowOf, valueOf } from '../headlines.ts';
import type { Machine } from '../machine.ts';
import type { Result } from '../report.ts';

/** One figure over all runs that measured it. */
export interface Figure {
  readonly bench: string;
  readonly name: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly points: readonly Point[]; // oldest first
}

export interface Point {
  readonly when: string;
  readonly commit: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** As the row names it: a rate in it may be another one each time. */
  readonly case: string;
  /** Of `machinesOf`. */
  readonly machine: number;
}

/** Same processor, cores, memory: figures may be compared. The kernel and the load are not counted. */
export function fingerprint({ cpu, cores, memoryGiB }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB`;
}

/** All that anything was measured on, in order of appearance. */
export function machinesOf(results: ReadonlyMap<string, readonly Result[]>): string[] {
  const all = [...results.values()].flat().sort((a, b) => a.when.localeCompare(b.when));
  return [...new Set(all.map(({ machine }) => fingerprint(machine)))];
}

/** The headline figures that were ever measured. */
export function figuresOf(results: ReadonlyMap<string, readonly Result[]>): Figure[] {
  const machines = machinesOf(results);
  return HEADLINES.flatMap((headline) => {
    const { bench, name, better } = headline;
    let unit = '';
    const points = (results.get(bench) ?? []).flatMap((result): Point[] => {
      const row = rowOf(result.rows, headline);
      const value = valueOf(row, headline);
      if (row === undefined || value === undefined) return [];
      unit = headline.ratio ? 'x' : row.unit;
      const spread = headline.ratio || row.low === undefined || row.high === undefined ? {}
        : { low: row.low, high: row.high };
      const { hash, dirty } = result.commit;
      return [{
        when: result.when, commit: `${hash}${dirty ? '+' : ''}`, value, ...spread, case: row.case,
        machine: machines.indexOf(fingerprint(result.machine)),
      }];
    });
    return points.length === 0 ? [] : [{ bench, name, unit, better, points }];
  });
}

/** The last run beside the one before it of the same case on the same machine, in percent; null where there is none. */
export function lastChange({ points }: Figure): number | null {
  const last = points.at(-1);
  const before = points.slice(0, -1).filter((one) =>
    one.machine === last?.machine && one.case === last.case).at(-1);
  if (!last || !before || before.value === 0) return null;
  return 100 * (last.value / before.value - 1);
}
