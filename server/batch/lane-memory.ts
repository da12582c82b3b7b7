import {
  datatypeOf, isLoose, type ModelConfig, rowBytesOf, rowsOfRun, type TensorConfig,
} from '../catalog/model-config.ts';
import type { Slab } from '../core/slab.ts';
import type { LaneTensor } from './lane.ts';

/** Slots that queue and runs can hold at once. */
export function laneSlots(config: ModelConfig, runsMax: number): number {
  return config.dynamic_batching.max_queue_size + runsMax * rowsOfRun(config);
}

/**
 * Bytes of one row of each tensor: inputs, then outputs. None where rows travel with their runs.
 */
export function laneRowBytes(config: ModelConfig): number[] {
  const tensors = [...config.input, ...config.output];
  return tensors.map(isLoose(config) ? () => 0 : rowBytesOf);
}

/** The lane's face of the tensor whose rows lie in region `at` of the slab. */
export function laneTensor(tensor: TensorConfig, slab: Slab, at: number): LaneTensor {
  return {
    spec: { name: tensor.name, datatype: datatypeOf(tensor), dims: tensor.dims },
    rowBytes: slab.layout.rowBytes[at] as number,
    bytes: slab.regions[at] as Uint8Array,
  };
}
