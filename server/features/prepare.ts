import type { Feature } from './feature.ts';

/** How one feature becomes inputs of a network. Plain JSON: it is kept in the model's card. */
export interface PreparedFeature {
  readonly name: string;
  readonly scale: Feature['scale'];
  readonly low: number; // bounds learned from the training set: what lies outside is brought to them
  readonly high: number;
  readonly fill: number; // the median, in place of what is missing
  readonly mean: number; // of what the scale makes of it
  readonly deviation: number;
  readonly flag: boolean; // whether an input says that it is missing: it was, in the training set
  readonly categories: number; // of a `category`: an input for each, all 0 where it is missing
}

const TAIL = 0.005; // of the values on each side that are taken for outliers

/** Learned from the training rows alone: `columns` are their values, one column a feature. */
export function fitPreparation(
  features: readonly Feature[], columns: readonly Float64Array[],
): PreparedFeature[] {
  return features.map(({ name, scale, categories }, i) => {
    const values = columns[i] as Float64Array;
    const there = values.filter((value) => !Number.isNaN(value)).sort();
    const at = (share: number): number => there[Math.floor(share * (there.length - 1))] ?? 0;
    const [low, high, fill] = [at(TAIL), at(1 - TAIL), at(0.5)];
    const scaled = there.map((value) => scaledTo(scale, Math.min(high, Math.max(low, value))));
    const mean = scaled.reduce((sum, value) => sum + value, 0) / Math.max(1, scaled.length);
    const square = scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = Math.sqrt(square / Math.max(1, scaled.length)) || 1;
    return {
      name, scale, low, high, fill, mean, deviation,
      flag: scale !== 'category' && there.length < values.length,
      categories: scale === 'category' ? (categories?.length ?? 0) : 0,
    };
  });
}

/** How many inputs they make. */
export function preparedWidth(prepared: readonly PreparedFeature[]): number {
  return prepared.reduce((sum, one) => sum + widthOf(one), 0);
}

/**
 * One row's inputs into `out` from `from` on: of each feature its scaled value and, where it has one,
 * its flag; of a category an input each. All finite, about 0 with a deviation of 1.
 */
export function prepareRow(
  prepared: readonly PreparedFeature[], values: ArrayLike<number>, out: Float32Array, from = 0,
): void {
  let place = from;
  prepared.forEach((one, i) => {
    const value = values[i] as number;
    const missing = Number.isNaN(value);
    if (one.scale === 'category') {
      out.fill(0, place, place + one.categories);
      if (!missing && value < one.categories) out[place + value] = 1;
    } else {
      const bounded = missing ? one.fill : Math.min(one.high, Math.max(one.low, value));
      out[place] = (scaledTo(one.scale, bounded) - one.mean) / one.deviation;
      if (one.flag) out[place + 1] = missing ? 1 : 0;
    }
    place += widthOf(one);
  });
}

/** Logarithms keep their sign, so that what is below 0 may be scaled as well. */
function scaledTo(scale: Feature['scale'], value: number): number {
  return scale === 'log' ? Math.sign(value) * Math.log1p(Math.abs(value)) : value;
}

function widthOf({ scale, categories, flag }: PreparedFeature): number {
  return scale === 'category' ? categories : flag ? 2 : 1;
}
