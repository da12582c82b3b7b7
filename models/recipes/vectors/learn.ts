import type { TrainingSessions } from '../training-sessions.ts';
import { positivePmi } from './cooccurrence.ts';
import { leftFactors } from './randomised-svd.ts';

/** Items that are met beside others, with a vector each. */
export interface LearnedVectors {
  readonly numbers: Int32Array; // vocabulary numbers, rising
  readonly vectors: Float32Array; // [numbers.length, dim]
  readonly dim: number;
  readonly cells: number; // of the matrix that was factored
}

/**
 * Vectors whose cosine says how alike the company is that two items keep: positive PMI, factored
 * (U √S, as word vectors are made in Levy, Goldberg & Dagan 2015). Items that are never near
 * another one have no vector.
 */
export function learnVectors(
  { train, ids }: TrainingSessions, dimMax: number, seed: number,
  progress: (what: string, share: number) => void = () => undefined,
): LearnedVectors {
  const size = ids.length;
  const matrix = positivePmi(train, size);
  progress('pairs counted', 0);
  const dim = Math.min(dimMax, size);
  const { left, values } = leftFactors(matrix, dim, seed, (share) => progress('factoring', share));
  const numbers = Int32Array.from({ length: size }, (_, row) => row + 1)
    .filter((number) => matrix.starts[number]! > matrix.starts[number - 1]!);
  const vectors = new Float32Array(numbers.length * dim);
  numbers.forEach((number, at) => {
    for (let c = 0; c < dim; c += 1) {
      const value = left[(number - 1) * dim + c] as number;
      vectors[at * dim + c] = value * Math.sqrt(values[c] as number);
    }
  });
  return { numbers, vectors, dim, cells: matrix.columns.length };
}
