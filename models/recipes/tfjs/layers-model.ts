import type { DenseModel } from '../dense.ts';

/** The two files of a tfjs layers model, as `tf.loadLayersModel` reads them. */
export interface TfjsFiles {
  readonly 'model.json': string;
  readonly 'weights.bin': Uint8Array;
}

/**
 * The dense model as a tfjs layers model. Written by hand, so that training needs no tfjs; the
 * weights are the very bytes that `mlpOnnx` writes. The input layer is called `model.input` and
 * the last layer `model.output`.
 */
export function mlpTfjs(model: DenseModel): TfjsFiles {
  const weights = model.layers.flatMap((layer, at) => {
    const name = layerName(model, at);
    return [
      { name: `${name}/kernel`, shape: [layer.inputs, layer.units], dtype: 'float32' },
      { name: `${name}/bias`, shape: [layer.units], dtype: 'float32' },
    ];
  });
  const json = {
    format: 'layers-model',
    generatedBy: 'vitrine',
    convertedBy: null,
    modelTopology: {
      class_name: 'Sequential',
      config: { name: model.name, layers: [inputLayer(model), ...denseLayers(model)] },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  const blocks = model.layers.flatMap((layer) => [layer.weight, layer.bias]);
  const bytes = blocks.map((b) => new Uint8Array(b.buffer, b.byteOffset, b.byteLength));
  return {
    'model.json': JSON.stringify(json),
    'weights.bin': new Uint8Array(Buffer.concat(bytes)),
  };
}

function inputLayer(model: DenseModel): object {
  const config = {
    name: model.input,
    batch_input_shape: [null, model.layers[0]?.inputs],
    dtype: 'float32',
    sparse: false,
  };
  return { class_name: 'InputLayer', config };
}

function denseLayers(model: DenseModel): object[] {
  return model.layers.map((layer, at) => ({
    class_name: 'Dense',
    config: {
      name: layerName(model, at),
      units: layer.units,
      activation: layer.activation,
      use_bias: true,
      // Never run, for the weights are in the file; but tfjs makes its layers before it reads them.
      kernel_initializer: { class_name: 'Zeros', config: {} },
      bias_initializer: { class_name: 'Zeros', config: {} },
      trainable: true,
    },
  }));
}

function layerName(model: DenseModel, at: number): string {
  return at === model.layers.length - 1 ? model.output : `dense_${at}`;
}
