/**
 * From one measured curve, latency over the rate of one server, to how many servers a forecast
 * needs. The curve holds what the traffic's chance does within a second where it was measured with
 * Poisson arrivals; what a forecast's averages hide beyond that is the `burst`.
 */
import { ServeError } from '../../server/core/errors.ts';
import { readCsv } from '../../server/store/import/csv.ts';

export interface CurveLevel {
  /** Requests/s offered. */
  readonly rate: number;
  /** The latency that the objective is about, such as p99 from due, microseconds. */
  readonly us: number;
}

export interface Usable {
  /** Requests/s at which one server still keeps the objective. */
  readonly rate: number;
  /** `reached`: between two measured levels. `beyond`: all levels keep it, the limit was not met. */
  readonly known: 'reached' | 'beyond';
}

export interface PlanOptions {
  /** Highest over mean rate within one step of the forecast; 1 is none. */
  readonly burst: number;
  /** The busiest server's share over the mean share, as a load balancer has it; 1 is even. */
  readonly imbalance: number;
  /** Share of a server's usable rate that is left free, 0..0.9. */
  readonly headroom: number;
  /** Servers that may be lost without missing the objective. */
  readonly spare: number;
}

export interface ForecastStep {
  /** As the forecast has it, such as `18:00`. */
  readonly time: string;
  readonly rate: number; // requests/s, mean over the step
}

export interface PlannedStep extends ForecastStep {
  readonly replicas: number;
  /** Of the usable rate of those servers that are not spare. */
  readonly utilisation: number;
}

/**
 * The rate at which latency reaches `sloUs`: between the last level in a row that keeps it and the
 * next, on a straight line of log latency over rate. Levels in any order; 0 where the lowest misses
 * it. Fails with `bad_argument` where there are fewer than two levels.
 */
export function usableRate(levels: readonly CurveLevel[], sloUs: number): Usable {
  if (levels.length < 2) {
    throw new ServeError('bad_argument', 'a curve has two levels at least: measure more rates');
  }
  const curve = levels.toSorted((a, b) => a.rate - b.rate);
  const missed = curve.findIndex(({ us }) => !(us <= sloUs));
  if (missed === -1) return { rate: (curve.at(-1) as CurveLevel).rate, known: 'beyond' };
  const good = curve[missed - 1];
  const bad = curve[missed] as CurveLevel;
  if (!good) return { rate: 0, known: 'reached' };
  const share = Number.isFinite(bad.us) ? Math.log(sloUs / good.us) / Math.log(bad.us / good.us) : 0;
  return { rate: good.rate + share * (bad.rate - good.rate), known: 'reached' };
}

/** Servers for each step of a forecast. `usable` is above 0. */
export function planReplicas(
  forecast: readonly ForecastStep[], usable: number, options: PlanOptions,
): PlannedStep[] {
  const { burst, imbalance, headroom, spare } = options;
  const each = usable * (1 - headroom);
  return forecast.map((step) => {
    const wanted = step.rate * burst;
    const even = Math.max(1, Math.ceil(wanted / each - 1e-9));
    // One server gets it all, however a balancer deals; of more, the busiest counts.
    const busy = even === 1 ? 1 : Math.max(2, Math.ceil((wanted * imbalance) / each - 1e-9));
    return { ...step, replicas: busy + spare, utilisation: wanted / (busy * usable) };
  });
}

/**
 * A forecast's steps from a CSV file with the columns `time` and `rate`; others are ignored. Fails
 * with `bad_argument`, naming the line.
 */
export async function readForecast(path: string): Promise<ForecastStep[]> {
  const steps: ForecastStep[] = [];
  for await (const next of readCsv(path)) {
    const fields = next();
    steps.push({ time: fields.raw('time'), rate: fields.atLeast('rate', 0) });
  }
  if (steps.length === 0) throw new ServeError('bad_argument', `${path}: it has no steps`);
  return steps;
}
