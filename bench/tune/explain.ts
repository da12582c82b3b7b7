/** The choice in words, each with the figure it stands on. */
import type { Candidate } from './candidates.ts';
import { type BatchCurve, runUs } from './curve.ts';
import type { Slo } from './predict.ts';
import { type Setting, settingText } from './setting.ts';

/** A setting after its trials. */
export interface Tried extends Partial<Candidate> {
  /** Null: what the config says now. */
  readonly setting?: Setting;
  /** Requests/s within the objective: the median of the trials. */
  readonly rate: number;
  readonly rates: readonly number[];
  readonly residentBytes: number;
}

/** The measured curve as lines of a table. */
export function curveText({ points }: BatchCurve): string[] {
  return points.map(({ rows, us, p95Us }) =>
    `  ${String(rows).padStart(5)} rows  ${micros(us)}  p95 ${micros(p95Us)}  ${micros(us / rows)} a row`);
}

export function reasons(
  best: Setting, curve: BatchCurve, slo: Slo, tried: readonly Tried[],
): string[] {
  const { points } = curve;
  const one = runUs(points, 1);
  const full = runUs(points, best.maxBatch);
  const gain = (one * best.maxBatch) / full;
  const lines = [
    best.maxBatch > 1
      ? `A run of ${best.maxBatch} rows takes ${micros(full)}, ${gain.toFixed(1)} times less a row than runs ` +
        `of one (${micros(one)}).`
      : `Runs of one row (${micros(one)}): larger ones gain nothing here, or leave no time to wait for them.`,
  ];
  const longer = points.find(({ rows, us }) => rows > best.maxBatch && us > (slo.ms * 1000) / 2);
  if (longer) {
    lines.push(`A run of ${longer.rows} rows takes ${micros(longer.us)}, over half of the ${slo.ms} ms: ` +
      'who comes while one runs would wait for it and then for its own.');
  }
  const other = tried.find(({ setting }) => setting && setting.placement !== best.placement);
  const mine = tried.find(({ setting }) => setting === best);
  if (other?.setting && mine) {
    lines.push(`${settingText(best)}: ${perSecond(mine.rate)} within the objective; ` +
      `${settingText(other.setting)}: ${perSecond(other.rate)}.`);
  }
  const held = mine && mine.predicted ? mine.rate / mine.predicted : NaN;
  if (held < 0.67 || held > 1.5) {
    lines.push(`The prediction was ${held < 1 ? 'too high' : 'too low'} (${perSecond(mine?.predicted ?? NaN)}): ` +
      'sockets, other threads and the load generator share these cores; the trials decide.');
  }
  return lines;
}

export function perSecond(rate: number): string {
  return `${Math.round(rate).toLocaleString('en-US')}/s`;
}

function micros(us: number): string {
  if (us < 10) return `${us.toFixed(2)} us`;
  return us < 10_000 ? `${Math.round(us)} us` : `${(us / 1000).toFixed(1)} ms`;
}
