import { Prng } from '../../../server/core/prng.ts';
import { Parameter } from './parameter.ts';

/** Sizes of a session encoder, fixed for its life. */
export interface EncoderShape {
  readonly items: number; // vocabulary size; numbers 1..items
  readonly dim: number; // floats in a vector
  readonly length: number; // newest items of a session that it looks at
  readonly temperature: number; // of the softmax over cosines
}

/**
 * What the encoder learns. A session's items x_1 .. x_n, newest last, become one vector:
 *
 *     weight_i = softmax_i( position[n - i] + e_i . (gate + pair * e_n) )
 *     u        = sum_i weight_i e_i + turn e_n
 *     vector   = u / |u| / temperature
 *
 * and the score of a next item j is vector . e_j / |e_j|. The mean keeps the session in the space
 * of its items (CORE, Hou et al. 2022); the gates are STAMP's attention (Liu et al. 2018) with a
 * diagonal for a matrix; `turn` lets "after this comes that" differ from "that comes after this".
 */
export interface EncoderWeights {
  readonly shape: EncoderShape;
  readonly embedding: Parameter; // [items + 1, dim]; row 0 is padding and stays zero
  readonly position: Parameter; // [1, length], by distance from the end
  readonly gate: Parameter; // [1, dim]
  readonly pair: Parameter; // [1, dim]
  readonly turn: Parameter; // [dim, dim]: row j gives u[j]
}

/** Random embeddings; the newest items weigh most, and nothing else is known yet. */
export function freshWeights(shape: EncoderShape, seed: number): EncoderWeights {
  const { items, dim, length } = shape;
  const prng = new Prng(seed);
  const embedding = new Parameter(items + 1, dim);
  const scale = 1 / Math.sqrt(dim);
  for (let i = dim; i < embedding.values.length; i += 1) {
    embedding.values[i] = prng.normal() * scale;
  }
  const position = new Parameter(1, length);
  position.values.forEach((_, distance) => { position.values[distance] = -0.3 * distance; });
  return {
    shape, embedding, position,
    gate: new Parameter(1, dim),
    pair: new Parameter(1, dim),
    turn: new Parameter(dim, dim),
  };
}

export function parametersOf(weights: EncoderWeights): readonly Parameter[] {
  return [weights.embedding, weights.position, weights.gate, weights.pair, weights.turn];
}

/** The items' unit vectors, `[items, dim]`: vocabulary number n at `(n - 1) * dim`. */
export function unitItems({ shape, embedding }: EncoderWeights): Float32Array {
  const { items, dim } = shape;
  const units = embedding.values.slice(dim);
  for (let item = 0; item < items; item += 1) {
    const row = units.subarray(item * dim, (item + 1) * dim);
    const norm = length(row);
    for (let j = 0; j < dim; j += 1) row[j] = (row[j] as number) / norm;
  }
  return units;
}

/** Euclidean length, never 0, so that it can divide. */
export function length(row: Float32Array): number {
  let sum = 0;
  for (let j = 0; j < row.length; j += 1) sum += (row[j] as number) ** 2;
  return Math.sqrt(sum) + 1e-8;
}
