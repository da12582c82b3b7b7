import type { Tensor } from '../core/tensor.ts';

/** Tensors that outlive the message they came in: their bytes are copied. */
export function ownTensors(tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) => ({ ...tensor, data: new Uint8Array(tensor.data) }));
}
