/** Probabilities nearer to 0 or 1 than this count as this far from it. */
export const CLIP = 1e-5;
const ROUNDS = 50;

/** The logistic regression of a stack: a weight for each member's log odds, and a shift. */
export interface LogitBlend {
  readonly weights: readonly number[];
  readonly shift: number;
}

/**
 * Learns it by Newton's method from `probabilities` (one array a member, of the same rows). `l2`
 * draws the weights to their even share, so that members which repeat each other share it. Weights
 * are 0 or more (Breiman, Stacked Regressions, 1996): a member that would have less is left out.
 */
export function fitBlend(
  probabilities: readonly Float64Array[], labels: Float64Array, rowWeights?: Float64Array, l2 = 1,
): LogitBlend {
  const logits = probabilities.map((of) => of.map(logit));
  let kept = logits.map((_, at) => at);
  for (;;) {
    const solved = newton(kept.map((at) => logits[at] as Float64Array), labels, rowWeights, l2);
    const worst = solved.weights.reduce((least, weight, at) =>
      (weight < (solved.weights[least] as number) ? at : least), 0);
    if (kept.length === 1 || (solved.weights[worst] as number) >= 0) {
      const weights = logits.map((_, at) => Math.max(0, solved.weights[kept.indexOf(at)] ?? 0));
      return { weights, shift: solved.shift };
    }
    kept = kept.filter((_, at) => at !== worst);
  }
}

export function blendOf({ weights, shift }: LogitBlend, probabilities: readonly number[]): number {
  const z = probabilities.reduce((sum, p, at) => sum + (weights[at] as number) * logit(p), shift);
  return 1 / (1 + Math.exp(-z));
}

function logit(p: number): number {
  const clipped = Math.min(1 - CLIP, Math.max(CLIP, p));
  return Math.log(clipped / (1 - clipped));
}

/** Ridge logistic regression about weights of 1 / members; the shift is free. */
function newton(
  logits: readonly Float64Array[], labels: Float64Array, rowWeights: Float64Array | undefined,
  l2: number,
): { weights: number[]; shift: number } {
  const size = logits.length + 1;
  const even = 1 / logits.length;
  let solution = [...logits.map(() => even), 0];
  for (let round = 0; round < ROUNDS; round += 1) {
    const slope = new Float64Array(size);
    const curve = Array.from({ length: size }, () => new Float64Array(size));
    labels.forEach((label, row) => {
      const x = [...logits.map((of) => of[row] as number), 1];
      const z = x.reduce((sum, value, at) => sum + value * (solution[at] as number), 0);
      const p = 1 / (1 + Math.exp(-z));
      const weight = rowWeights?.[row] ?? 1;
      for (let i = 0; i < size; i += 1) {
        slope[i] = (slope[i] as number) + weight * (p - label) * (x[i] as number);
        const line = curve[i] as Float64Array;
        for (let j = 0; j < size; j += 1) {
          line[j] = (line[j] as number) + weight * p * (1 - p) * (x[i] as number) * (x[j] as number);
        }
      }
    });
    for (let i = 0; i < size; i += 1) {
      const own = i < logits.length ? l2 : 1e-9;
      slope[i] = (slope[i] as number) + (i < logits.length ? l2 * ((solution[i] as number) - even) : 0);
      (curve[i] as Float64Array)[i] = ((curve[i] as Float64Array)[i] as number) + own;
    }
    const step = solve(curve, slope);
    const longest = Math.max(...step.map(Math.abs));
    const scale = Math.min(1, 2 / longest); // far from the end a whole step may overshoot
    solution = solution.map((value, at) => value - scale * (step[at] as number));
    if (longest < 1e-10) break;
  }
  return { weights: solution.slice(0, -1), shift: solution.at(-1) as number };
}

/** Gauss with the largest pivot; the matrix is small and positive definite. */
function solve(matrix: readonly Float64Array[], right: Float64Array): number[] {
  const rows = matrix.map((line, at) => [...line, right[at] as number]);
  for (let i = 0; i < rows.length; i += 1) {
    const pivot = rows.slice(i).reduce((best, line, at) =>
      (Math.abs(line[i] as number) > Math.abs((rows[best] as number[])[i] as number) ? i + at : best), i);
    [rows[i], rows[pivot]] = [rows[pivot] as number[], rows[i] as number[]];
    const own = rows[i] as number[];
    rows.forEach((line, at) => {
      if (at === i) return;
      const times = (line[i] as number) / (own[i] as number);
      for (let j = i; j < line.length; j += 1) line[j] = (line[j] as number) - times * (own[j] as number);
    });
  }
  return rows.map((line, at) => (line.at(-1) as number) / (line[at] as number));
}
