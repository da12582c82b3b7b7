/** Batch curve first, predictions from it, and trials of the best of them beside what is set now. */
import { interleave, spread } from '../harness.ts';
import { candidates, type Candidate, worthTrying } from './candidates.ts';
import { type BatchCurve, measureCurve, runUs } from './curve.ts';
import type { Tried } from './explain.ts';
import type { Ground, Slo } from './predict.ts';
import { settingText } from './setting.ts';
import { tryOut, type TrialOptions } from './trial.ts';

export interface TuneOptions extends Omit<TrialOptions, 'seed'> {
  readonly rowsMax: number;
  readonly memoryBytesMax: number;
  /** Settings tried beside the one that is set now. */
  readonly trials: number;
  readonly seed: number;
  say(progress: string): void;
}

export interface Tuned {
  readonly curve: BatchCurve;
  readonly cores: number; // of the server
  /** Microseconds of the server's CPU a request, beside its share of a run. */
  readonly requestUs: number;
  /** All that was predicted, best first. */
  readonly ranked: readonly Candidate[];
  /** What was tried, best first. The one without a setting is what the config says now. */
  readonly tried: readonly Tried[];
}

const TURNS = 3; // searches of each setting, one way and then the other
const HOP_US = 6; // of the pool, a batch and side: server/pool/README.md
const REQUEST_US_MIN = 1;

export async function tuneModel(options: TuneOptions): Promise<Tuned> {
  const { repository, model, rowsMax, slo, memoryBytesMax, trials, seed, say } = options;
  const { count: cores } = options.cores;
  say(`timing ${model} at 1..${rowsMax} rows`);
  const curve = await measureCurve(repository, model, rowsMax);
  say('as it is set now, kept full');
  const now = await tryOut(null, 100, options);
  const requestUs = Math.max(REQUEST_US_MIN, now.cpuUs - fullRowUs(curve, options.config));
  const ground: Ground = { points: curve.points, cores, requestUs, hopUs: HOP_US };
  const memory = { bytesMax: memoryBytesMax, instanceBytes: curve.modelBytes };
  const ranked = candidates(ground, slo, memory);
  const chosen = worthTrying(ranked.filter(({ predicted }) => predicted > 0), trials);
  const variants = [undefined, ...chosen].map((candidate) => ({
    name: candidate ? settingText(candidate.setting) : 'as it is set now',
    candidate,
  }));
  const found = await interleave(variants.map(({ name, candidate }) => ({
    name,
    run: async (turn: number) => {
      say(`trial ${turn + 1} of ${TURNS}: ${name}`);
      const from = candidate?.predicted ?? now.rate;
      return tryOut(candidate?.setting ?? null, from, { ...options, seed: seed + turn });
    },
  })), TURNS);
  const tried = variants.map(({ name, candidate }): Tried => {
    const results = found.get(name) ?? [];
    const rates = results.map(({ rate }) => rate);
    return {
      ...candidate, rates,
      rate: spread(rates).median,
      residentBytes: Math.max(...results.map(({ residentBytes }) => residentBytes)),
    };
  });
  return { curve, cores, requestUs, ranked, tried: tried.sort((a, b) => b.rate - a.rate) };
}

/** Of a run's time a row, where batches are as full as the config lets them be, to 64. */
function fullRowUs({ points }: BatchCurve, config: Readonly<Record<string, unknown>>): number {
  const rows = Math.min(Math.max(1, Number(config['max_batch_size'] ?? 1)), 64);
  return runUs(points, rows) / rows;
}

/**
 * The fastest that fits into the memory. Null where what is set now is as good: another must be
 * faster in every trial, and by more than 5 %.
 */
export function choose(tried: readonly Tried[], memoryBytesMax: number): Tried | null {
  const now = tried.find(({ setting }) => setting === undefined);
  const fits = tried.find(({ setting, rate, residentBytes }) =>
    setting !== undefined && rate > 0 && !(residentBytes > memoryBytesMax));
  if (!fits) return null;
  if (!now || now.residentBytes > memoryBytesMax) return fits;
  const surely = Math.min(...fits.rates) > Math.max(...now.rates) && fits.rate > 1.05 * now.rate;
  return surely ? fits : null;
}
