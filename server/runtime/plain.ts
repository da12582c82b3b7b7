import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLoose, type ModelConfig } from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';
import { elements, type TensorArray } from '../core/tensor.ts';
import { readTrees } from '../explain/tree-ensemble-file.ts';
import { treesAnswer, treesMargin } from '../explain/tree-ensemble.ts';
import { treeShap } from '../explain/tree-shap.ts';
import { MODEL_FILES } from './open-runtime.ts';
import { type LooseLayer, openLoosePlain } from './plain-loose.ts';
import type { RunningModel, Runtime } from './runtime.ts';

/** `model.plain.json`: layers from one input tensor to one output tensor. */
export interface PlainModel {
  readonly layers: readonly PlainLayer[];
}

export type PlainLayer =
  /** out[u] = bias[u] + sum over i of in[i] * weight[i * units + u] */
  | { readonly type: 'dense'; readonly inputs: number; readonly units: number;
      readonly weight: readonly number[]; readonly bias: readonly number[] }
  /** The mean of the table's rows that the input names; 0 is padding, and no row at all gives 0. */
  | { readonly type: 'gather-mean'; readonly rows: number; readonly units: number;
      readonly table: readonly number[] }
  /** What the trees of a `trees.json` say of the columns: one value. */
  | { readonly type: 'trees'; readonly trees: object }
  /** What each column adds to the trees' margin, and last the margin it is added to (TreeSHAP). */
  | { readonly type: 'tree-shap'; readonly trees: object }
  | { readonly type: 'relu' | 'tanh' | 'sigmoid' | 'softmax' };

const PLAIN_TYPES = [
  'dense', 'gather-mean', 'trees', 'tree-shap', 'relu', 'tanh', 'sigmoid', 'softmax',
];

/**
 * Straight loops in double precision: the oracle that the other runtimes are held to, and a
 * runtime of its own for models of a few layers.
 */
export class PlainRuntime implements Runtime {
  readonly platform = 'plain';

  async open(folder: string, config: ModelConfig): Promise<RunningModel> {
    const file = join(folder, MODEL_FILES.plain);
    try {
      const model = JSON.parse(await readFile(file, 'utf8')) as PlainModel;
      const [input, output] = [config.input[0], config.output[0]];
      if (!input || !output || config.input.length + config.output.length > 2) {
        throw new Error('a plain model has one input and one output');
      }
      if (isLoose(config)) {
        if (!Array.isArray(model.layers)) throw new Error('`layers` is missing');
        return openLoosePlain(model.layers as unknown as readonly LooseLayer[], config);
      }
      const inputs = elements(input.dims);
      const outputs = checkLayers(model, inputs);
      if (outputs !== elements(output.dims)) {
        const want = elements(output.dims);
        throw new Error(`the layers give ${outputs} values, '${output.name}' has ${want}`);
      }
      return new PlainRunning(model, inputs, outputs);
    } catch (cause) {
      throw new ServeError('backend', `${file}: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Values that the layers give for `inputs` values. Throws naming the layer that does not fit. */
export function checkLayers({ layers }: PlainModel, inputs: number): number {
  if (!Array.isArray(layers)) throw new Error('`layers` is missing');
  let width = inputs;
  layers.forEach((layer, at) => {
    const fail = (what: string): never => {
      throw new Error(`layers[${at}] (${layer.type}): ${what}`);
    };
    if (!PLAIN_TYPES.includes(layer.type)) fail(`the type is none of ${PLAIN_TYPES.join(', ')}`);
    if (layer.type === 'dense') {
      const { units, weight, bias } = layer;
      if (layer.inputs !== width) fail(`takes ${layer.inputs} values, gets ${width}`);
      if (weight.length !== width * units) fail(`weight has ${weight.length} values`);
      if (bias.length !== units) fail(`bias has ${bias.length} values, not ${units}`);
      width = units;
    } else if (layer.type === 'gather-mean') {
      const { rows, units, table } = layer;
      if (at !== 0) fail('reads row numbers, so it can only come first');
      if (table.length !== rows * units) fail(`table has ${table.length} values`);
      width = units;
    } else if (layer.type === 'trees' || layer.type === 'tree-shap') {
      const { columns } = readTrees(JSON.stringify(layer.trees));
      if (columns.length !== width) fail(`takes ${columns.length} columns, gets ${width}`);
      width = layer.type === 'trees' ? 1 : width + 1;
    }
  });
  return width;
}

class PlainRunning implements RunningModel {
  readonly #layers: readonly Apply[];

  constructor(
    model: PlainModel, private readonly inputs: number, private readonly outputs: number,
  ) {
    this.#layers = model.layers.map(opened);
  }

  run(inputs: readonly TensorArray[], rows: number, outputs: readonly TensorArray[]): void {
    const from = inputs[0] as Float32Array;
    const into = outputs[0] as Float32Array;
    for (let row = 0; row < rows; row += 1) {
      const values = Float64Array.from(
        from.subarray(row * this.inputs, (row + 1) * this.inputs), Number);
      into.set(this.#layers.reduce((now, apply) => apply(now), values), row * this.outputs);
    }
  }

  async close(): Promise<void> {}
}

type Doubles = Float64Array<ArrayBuffer>;
type Apply = (values: Doubles) => Doubles;

/** The layer ready to run: trees are read once. */
function opened(layer: PlainLayer): Apply {
  if (layer.type === 'trees') {
    const trees = readTrees(JSON.stringify(layer.trees));
    return (row) => Float64Array.of(treesAnswer(trees, treesMargin(trees, row)));
  }
  if (layer.type !== 'tree-shap') return (values) => applyLayer(values, layer);
  const explainer = treeShap(readTrees(JSON.stringify(layer.trees)));
  return (row) => {
    const out = new Float64Array(row.length + 1);
    explainer.explain(row, 0, out);
    out[row.length] = explainer.base;
    return out;
  };
}

type StraightLayer = Exclude<PlainLayer, { readonly trees: object }>;

function applyLayer(values: Doubles, layer: StraightLayer): Doubles {
  switch (layer.type) {
    case 'dense': {
      const out = Float64Array.from(layer.bias);
      for (let i = 0; i < layer.inputs; i += 1) {
        for (let u = 0; u < layer.units; u += 1) {
          const product = (values[i] as number) * (layer.weight[i * layer.units + u] as number);
          out[u] = (out[u] as number) + product;
        }
      }
      return out;
    }
    case 'gather-mean': return gatherMean(values, layer);
    case 'relu': return values.map((x) => Math.max(0, x));
    case 'tanh': return values.map(Math.tanh);
    case 'sigmoid': return values.map((x) => 1 / (1 + Math.exp(-x)));
    case 'softmax': {
      const largest = values.reduce((most, x) => Math.max(most, x), -Infinity);
      const powers = values.map((x) => Math.exp(x - largest));
      const sum = powers.reduce((total, x) => total + x, 0);
      return powers.map((x) => x / sum);
    }
  }
}

function gatherMean(
  numbers: Doubles, { rows, units, table }: PlainLayer & { type: 'gather-mean' },
): Doubles {
  const out = new Float64Array(units);
  const named = numbers.filter((number) => number !== 0);
  for (const number of named) {
    if (!Number.isInteger(number) || number < 0 || number >= rows) {
      throw new Error(`${number} is no row of 0..${rows - 1}`);
    }
    for (let u = 0; u < units; u += 1) {
      out[u] = (out[u] as number) + (table[number * units + u] as number) / named.length;
    }
  }
  return out;
}
