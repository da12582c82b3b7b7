import {
  datatypeOf, type ModelConfig, shapeOfRows,
} from '../catalog/model-config.ts';
import type { TensorDatatype } from '../core/tensor.ts';

/** Datatypes by their number in ONNX files and their name in the package. */
export const ONNX_TYPES: Record<TensorDatatype, { readonly number: number; readonly name: string }> = {
  FP32: { number: 1, name: 'float32' },
  UINT8: { number: 2, name: 'uint8' },
  INT8: { number: 3, name: 'int8' },
  UINT16: { number: 4, name: 'uint16' },
  INT16: { number: 5, name: 'int16' },
  INT32: { number: 6, name: 'int32' },
  INT64: { number: 7, name: 'int64' },
  BYTES: { number: 8, name: 'string' },
  BOOL: { number: 9, name: 'bool' },
  FP16: { number: 10, name: 'float16' },
  FP64: { number: 11, name: 'float64' },
  UINT32: { number: 12, name: 'uint32' },
  UINT64: { number: 13, name: 'uint64' },
  BF16: { number: 16, name: 'bfloat16' }, // `shared` alone: the package makes no such tensors
};

/** What a session's tensors are called and shaped; -1 is any size. */
export interface Found {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

/** Throws, naming the tensor, where the file has others than the config says. */
export function checkTensors(
  config: ModelConfig, side: 'input' | 'output', found: readonly Found[],
): void {
  for (const tensor of config[side]) {
    const actual = found.find(({ name }) => name === tensor.name);
    const names = found.map(({ name }) => `'${name}'`).join(', ');
    if (!actual) throw new Error(`the file has no ${side} '${tensor.name}', it has ${names}`);
    const type = ONNX_TYPES[datatypeOf(tensor)].name;
    const shape = shapeOfRows(config, tensor.dims, -1);
    const fits = actual.shape.length === shape.length &&
      shape.every((size, at) => actual.shape[at] === -1 || actual.shape[at] === size);
    if (actual.type !== type || !fits) {
      throw new Error(
        `${side} '${tensor.name}' is ${actual.type}[${actual.shape.join(',')}] in the file, ` +
          `config.json says ${tensor.data_type}[${shape.join(',')}]`,
      );
    }
  }
  const unnamed = found.find(({ name }) => config[side].every((tensor) => tensor.name !== name));
  if (side === 'output' || !unnamed) return; // an output that nobody asks for is no harm
  throw new Error(`config.json leaves out input '${unnamed.name}'`);
}

/** As the package names it. */
export function typeName(number: number): string {
  const type = Object.values(ONNX_TYPES).find((each) => each.number === number);
  return type?.name ?? `type ${number}`;
}
