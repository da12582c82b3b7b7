import { classes, Resampled, type Sampler } from './training-part.ts';

/**
 * Every row stays, and rows of the smaller class weigh more, so that the classes weigh `ratio` : 1
 * (small : large); weights average 1, as before.
 */
export function classWeights(ratio = 1): Sampler {
  return {
    name: `class weights ${ratio} : 1`,
    resample(part) {
      const { examples } = part;
      const { few, many } = classes(examples);
      const given = (row: number) => examples.weights?.[row] ?? 1;
      const sum = (rows: readonly number[]) => rows.reduce((all, row) => all + given(row), 0);
      const [light, heavy] = [sum(few), sum(many)];
      const of = { few: (ratio * heavy) / light, many: 1 };
      const scale = (light + heavy) / (of.few * light + heavy);
      const weights = new Float64Array(examples.labels.length);
      for (const row of few) weights[row] = given(row) * of.few * scale;
      for (const row of many) weights[row] = given(row) * of.many * scale;
      return new Resampled(part, { ...examples, weights });
    },
  };
}
