import type { ModelConfig } from '../catalog/model-config.ts';
import { packTexts, type Tensor, textsOf } from '../core/tensor.ts';
import type { RunningModel } from './runtime.ts';

/** Layers of a plain model whose rows have no size of their own. */
export type LooseLayer =
  /** What came. */
  | { readonly type: 'copy' }
  /** Each text as the table has it. A text that it lacks is `otherwise`, or fails its row. */
  | { readonly type: 'look-up'; readonly table: Readonly<Record<string, string>>;
      readonly otherwise?: string };

/** Throws naming the layer that does not fit. */
export function openLoosePlain(layers: readonly LooseLayer[], config: ModelConfig): RunningModel {
  const [input, output] = [config.input[0], config.output[0]];
  layers.forEach(({ type }, at) => {
    const fail = (what: string): never => {
      throw new Error(`layers[${at}] (${type}): ${what}`);
    };
    if (type !== 'copy' && type !== 'look-up') fail('texts and open sizes take copy and look-up');
    if (type === 'look-up' && input?.data_type !== 'TYPE_STRING') fail('looks up texts alone');
  });
  if (input?.data_type !== output?.data_type) throw new Error('input and output differ in type');
  return {
    run: () => {
      throw new Error('a loose model runs its rows as they come');
    },
    runLoose: ([given]) => [layers.reduce(applied, { ...(given as Tensor), name: output!.name })],
    close: async () => {},
  };
}

function applied(tensor: Tensor, layer: LooseLayer): Tensor {
  if (layer.type === 'copy') return tensor;
  const { table, otherwise } = layer;
  const found = Array.from(textsOf(tensor), (bytes) => {
    const text = Buffer.from(bytes).toString();
    const value = Object.hasOwn(table, text) ? table[text] : otherwise;
    if (value === undefined) throw new Error(`the table has no '${text.slice(0, 64)}'`);
    return Buffer.from(value);
  });
  return { ...tensor, data: packTexts(found) };
}
