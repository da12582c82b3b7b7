import {
  datatypeOf, type ModelConfig, rowsOfRun, type TensorConfig,
} from '../catalog/model-config.ts';
import type { Slab } from '../core/slab.ts';
import { DATATYPE_BYTES, elements } from '../core/tensor.ts';
import type { LaneTensor } from './lane.ts';

/** Slots that queue and runs can hold at once. */
export function laneSlots(config: ModelConfig, runsMax: number): number {
  return config.dynamic_batching.max_queue_size + runsMax * rowsOfRun(config);
}

/** Bytes of one row of each tensor: inputs, then outputs. */
export function laneRowBytes(config: ModelConfig): number[] {
  return [...config.input, ...config.output].map(
    (tensor) => elements(tensor.dims) * DATATYPE_BYTES[datatypeOf(tensor)],
  );
}

/** The lane's face of the tensor whose rows lie in region `at` of the slab. */
export function laneTensor(tensor: TensorConfig, slab: Slab, at: number): LaneTensor {
  return {
    spec: { name: tensor.name, datatype: datatypeOf(tensor), dims: tensor.dims },
    rowBytes: slab.layout.rowBytes[at] as number,
    bytes: slab.regions[at] as Uint8Array,
  };
}
