import { shuffled } from '../split/stratified.ts';
import { takeExamples } from '../table.ts';
import { classes, Resampled, type Sampler } from './training-part.ts';

/** Rows of the smaller class are taken again, by chance, until the classes are `ratio` : 1. */
export function overSample(ratio = 1): Sampler {
  return {
    name: `over-sampling to ${ratio} : 1`,
    resample(part, prng) {
      const { few, many } = classes(part.examples);
      const more = Math.max(0, Math.round(ratio * many.length) - few.length);
      const added = Array.from({ length: more }, () => prng.pick(few));
      const kept = part.examples.labels.map((_, row) => row);
      return new Resampled(part, takeExamples(part.examples, [...kept, ...added]));
    },
  };
}

/** Rows of the larger class are left out, by chance, until the classes are `ratio` : 1. */
export function underSample(ratio = 1): Sampler {
  return {
    name: `under-sampling to ${ratio} : 1`,
    resample(part, prng) {
      const { few, many } = classes(part.examples);
      const keep = Math.min(many.length, Math.round(few.length / ratio));
      const chosen = shuffled(many.length, prng).slice(0, keep).map((at) => many[at] as number);
      const rows = [...few, ...chosen].sort((a, b) => a - b); // in the order they had
      return new Resampled(part, takeExamples(part.examples, rows));
    },
  };
}
