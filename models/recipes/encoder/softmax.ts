import { OnnxGraphBuilder } from '../onnx/graph.ts';
import { Kernel } from '../onnx/session.ts';

/** Sizes of one batch. */
export interface SoftmaxSizes {
  readonly batch: number;
  readonly candidates: number;
  readonly dim: number;
}

/** A batch of vectors, and the candidates for each one's next item. */
export interface SoftmaxInput {
  readonly vectors: Float32Array; // [batch, dim]
  readonly candidates: Float32Array; // [candidates, dim]
  readonly offsets: Float32Array; // [candidates], added to the scores
  readonly targets: BigInt64Array; // [batch], the place of the right candidate
}

/** With P = softmax(vectors candidatesᵀ + offsets), row by row: */
export interface SoftmaxOutput {
  readonly chances: Float32Array; // [batch], P of the target
  readonly expected: Float32Array; // [batch, dim], P candidates
  readonly pulled: Float32Array; // [candidates, dim], Pᵀ vectors
}

/** All of training that is a product of big matrices, and nearly all of its arithmetic. */
export interface SoftmaxStep {
  run(input: SoftmaxInput, output: SoftmaxOutput): Promise<void>;
  close(): Promise<void>;
}

/** The step in ONNX Runtime, about 95 GFLOP/s on one core with AVX-512. */
export async function openSoftmax({ batch, candidates, dim }: SoftmaxSizes): Promise<SoftmaxStep> {
  const kernel = await Kernel.open(softmaxGraph());
  return {
    run: (input, output) => kernel.run({
      vectors: { data: input.vectors, shape: [batch, dim] },
      candidates: { data: input.candidates, shape: [candidates, dim] },
      offsets: { data: input.offsets, shape: [candidates] },
      targets: { data: input.targets, shape: [batch, 1] },
    }, {
      chances: { data: output.chances, shape: [batch, 1] },
      expected: { data: output.expected, shape: [batch, dim] },
      pulled: { data: output.pulled, shape: [candidates, dim] },
    }),
    close: () => kernel.close(),
  };
}

function softmaxGraph(): Uint8Array {
  const graph = new OnnxGraphBuilder('softmax-step');
  const vectors = graph.input('vectors', 'FP32', ['batch', 'dim']);
  const candidates = graph.input('candidates', 'FP32', ['count', 'dim']);
  const offsets = graph.input('offsets', 'FP32', ['count']);
  const targets = graph.input('targets', 'INT64', ['batch', 1]);
  const scores = graph.node('Gemm', [vectors, candidates], { transB: { int: 1 } });
  const corrected = graph.node('Add', [scores, offsets]);
  const shares = graph.node('Softmax', [corrected], { axis: { int: 1 } });
  graph.node('GatherElements', [shares, targets], { axis: { int: 1 } }, 'chances');
  graph.node('Gemm', [shares, candidates], {}, 'expected');
  graph.node('Gemm', [shares, vectors], { transA: { int: 1 } }, 'pulled');
  graph.output('chances', 'FP32', ['batch', 1]);
  graph.output('expected', 'FP32', ['batch', 'dim']);
  graph.output('pulled', 'FP32', ['count', 'dim']);
  return graph.encode();
}

/** The same in plain loops: the oracle. */
export function plainSoftmax({ batch, candidates, dim }: SoftmaxSizes): SoftmaxStep {
  const run = async (input: SoftmaxInput, output: SoftmaxOutput): Promise<void> => {
    output.expected.fill(0);
    output.pulled.fill(0);
    for (let row = 0; row < batch; row += 1) {
      const vector = input.vectors.subarray(row * dim, (row + 1) * dim);
      const scores = Float64Array.from({ length: candidates }, (_, at) => {
        let score = input.offsets[at] as number;
        vector.forEach((x, j) => { score += x * (input.candidates[at * dim + j] as number); });
        return score;
      });
      const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
      const powers = scores.map((score) => Math.exp(score - highest));
      const total = powers.reduce((sum, power) => sum + power, 0);
      output.chances[row] = (powers[Number(input.targets[row])] as number) / total;
      powers.forEach((power, at) => {
        const share = power / total;
        vector.forEach((x, j) => {
          output.expected[row * dim + j]! += share * (input.candidates[at * dim + j] as number);
          output.pulled[at * dim + j]! += share * x;
        });
      });
    }
  };
  return { run, close: async () => undefined };
}
