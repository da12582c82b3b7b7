import type { Point } from './reports.ts';

/** Where numbers stand in a chart. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/**
 * Of the bounds: always with 0; the first bounds are so wide that the rest would be a line, so what is
 * beyond twice the last bounds is cut off. Pure.
 */
export function valueScale(points: readonly Point[]): Scale {
  const last = points[points.length - 1]?.bounds.filter((one) => one !== null) ?? [];
  const reach = Math.max(1e-9, ...last.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]));
  const all = points.flatMap(({ bounds }) => bounds.filter((one) => one !== null));
  const low = Math.max(-2 * reach, Math.min(0, ...all.map((one) => one.low)));
  const high = Math.min(2 * reach, Math.max(0, ...all.map((one) => one.high)));
  return scale(low, high, 5);
}

/** Of units, from 0 to the last point, where the lines' names stand. Pure. */
export function unitScale(points: readonly Point[], ticks: number): Scale {
  const high = points[points.length - 1]?.units ?? 1;
  const round = scale(0, high, ticks);
  return { low: 0, high, ticks: round.ticks.filter((tick) => tick <= high) };
}

/** About `count` round steps that reach over both ends. */
export function scale(low: number, high: number, count: number): Scale {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { low: ticks[0] as number, high: ticks[ticks.length - 1] as number, ticks };
}
