import type { TfjsFiles } from '../../recipes/tfjs/layers-model.ts';
import type { FoldedMember } from './folded.ts';

/** The same weights as `hazardOnnx` writes, as a tfjs layers model of two inputs. */
export function hazardTfjs(members: readonly FoldedMember[]): TfjsFiles {
  const { shape } = members[0]!;
  const { length, channels, features, state, hidden, bins } = shape;
  const layers: object[] = [
    input('history', [null, length, channels]), input('features', [null, features]),
  ];
  const weights: { name: string; shape: readonly number[]; data: Float32Array }[] = [];
  members.forEach((member, at) => {
    const [gru, joined, wide, out] = ['gru', 'joined', 'hidden', 'out'].map((n) => `${n}_${at}`);
    layers.push(
      layer('GRU', gru!, {
        units: state, activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true,
        reset_after: false, return_sequences: false, return_state: false, go_backwards: false,
        stateful: false, unroll: false, implementation: 1, ...ZEROS, recurrent_initializer: ZERO,
      }, ['history']),
      layer('Concatenate', joined!, { axis: -1 }, [gru!, 'features']),
      layer('Dense', wide!, { units: hidden, activation: 'relu', use_bias: true, ...ZEROS }, [joined!]),
      layer('Dense', out!, { units: bins, activation: 'sigmoid', use_bias: true, ...ZEROS }, [wide!]),
    );
    weights.push(
      { name: `${gru}/kernel`, shape: [channels, 3 * state], data: member.kernel },
      { name: `${gru}/recurrent_kernel`, shape: [state, 3 * state], data: member.recurrent },
      { name: `${gru}/bias`, shape: [3 * state], data: member.gate },
      { name: `${wide}/kernel`, shape: [state + features, hidden], data: member.wide },
      { name: `${wide}/bias`, shape: [hidden], data: member.wideBias },
      { name: `${out}/kernel`, shape: [hidden, bins], data: member.out },
      { name: `${out}/bias`, shape: [bins], data: member.outBias },
    );
  });
  const outs = members.map((_, at) => `out_${at}`);
  // An average is of two or more; a lone member is passed through.
  layers.push(outs.length > 1
    ? layer('Average', 'hazard', {}, outs)
    : layer('Activation', 'hazard', { activation: 'linear' }, outs));
  const json = {
    format: 'layers-model',
    generatedBy: 'vitrine',
    convertedBy: null,
    modelTopology: {
      class_name: 'Model',
      config: {
        name: 'timing', layers,
        input_layers: [['history', 0, 0], ['features', 0, 0]],
        output_layers: [['hazard', 0, 0]],
      },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{
      paths: ['weights.bin'],
      weights: weights.map(({ name, shape: dims }) => ({ name, shape: dims, dtype: 'float32' })),
    }],
  };
  const bytes = weights.map(({ data }) =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return {
    'model.json': JSON.stringify(json),
    'weights.bin': new Uint8Array(Buffer.concat(bytes)),
  };
}

const ZERO = { class_name: 'Zeros', config: {} };
/** Never run, for the weights are in the file; but tfjs makes its layers before it reads them. */
const ZEROS = { kernel_initializer: ZERO, bias_initializer: ZERO };

function input(name: string, shape: readonly (number | null)[]): object {
  return {
    class_name: 'InputLayer', name, inbound_nodes: [],
    config: { name, batch_input_shape: shape, dtype: 'float32', sparse: false },
  };
}

function layer(
  type: string, name: string, config: object, from: readonly string[],
): object {
  return {
    class_name: type, name, config: { name, trainable: true, ...config },
    inbound_nodes: [from.map((each) => [each, 0, 0, {}])],
  };
}
