import { type Scale } from '../../server/explain/sentence.ts';
import { whyModel } from '../../server/explain/explainer.ts';
import { writeTrees } from '../../server/explain/tree-ensemble-file.ts';
import type { TreeEnsemble } from '../../server/explain/tree-ensemble.ts';
import type { DenseModel } from '../recipes/dense.ts';
import type { ModelCard, NewModel, WrittenConfig } from '../recipes/model-folder.ts';
import { gradientsOnnx, piecesOf } from './gradients-onnx.ts';

/** Rows of one run of an explainer: each is as much work as hundreds of the model's. */
const ROWS_MAX = 16;

/**
 * The model that explains a dense network: `NAME-why`, integrated gradients from `baselines` ([k, n]).
 * It is to be written after the network, and has its version number.
 */
export function whyOfDense(
  model: DenseModel, baselines: Float32Array, card: Omit<ModelCard, 'name' | 'what'>,
): NewModel {
  const features = model.layers[0]?.inputs as number;
  const pieces = piecesOf(model);
  const what = `What each feature adds to an answer of '${model.name}': integrated gradients, each way ` +
    `from ${baselines.length / features} baselines in ${pieces} piece${pieces === 1 ? '' : 's'}.`;
  return why(model.name, model.input, features, card, what, {
    platform: 'onnxruntime_onnx', method: 'integrated_gradients', scale: 'probability',
    files: { 'model.onnx': gradientsOnnx(model, baselines) },
  });
}

/** The same for trees: exact TreeSHAP, of log-odds where the trees' link is logistic. */
export function whyOfTrees(
  name: string, input: string, trees: TreeEnsemble, card: Omit<ModelCard, 'name' | 'what'>,
): NewModel {
  const what = `What each feature adds to an answer of '${name}': TreeSHAP, exact, path-dependent.`;
  const layers = [{ type: 'tree-shap', trees: JSON.parse(writeTrees(trees)) as object }];
  return why(name, input, trees.columns.length, card, what, {
    platform: 'plain', method: 'tree_shap', scale: trees.link === 'logistic' ? 'log_odds' : 'value',
    missing: true,
    files: { 'model.plain.json': JSON.stringify({ layers }) },
  });
}

interface Explaining {
  readonly platform: WrittenConfig['platform'];
  readonly method: string;
  readonly scale: Scale;
  readonly files: NewModel['files'];
  readonly missing?: boolean; // NaN is a missing value
}

function why(
  model: string, input: string, features: number, card: Omit<ModelCard, 'name' | 'what'>,
  what: string, { platform, method, scale, files, missing }: Explaining,
): NewModel {
  const name = whyModel(model);
  return {
    name,
    config: {
      platform,
      max_batch_size: ROWS_MAX,
      input: [{ name: input, data_type: 'TYPE_FP32', dims: [features] }],
      output: [{ name: 'contribution', data_type: 'TYPE_FP32', dims: [features + 1] }],
      parameters: { explains: model, method, scale, ...(missing && { missing: 'nan' }) },
    },
    card: { ...card, name, what },
    files,
    versionOf: model,
  };
}
