import type { LooseRow } from '../core/loose.ts';
import { looseValues, stacked } from '../core/loose.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Job, Lane, LaneTensor } from './lane.ts';

/** Bytes that rows of one lane may hold while they wait and run. */
const LOOSE_BYTES_MAX = 67_108_864;

interface Held {
  readonly inputs: LooseRow;
  readonly bytes: number;
  outputs: LooseRow | null;
}

/**
 * What the slots of a loose model's lane hold. Slots are lent and queued as those of any lane; here
 * each of them has its row's own bytes, copied from the request, and later those of its answer.
 */
export class LooseRows {
  readonly #held: (Held | null)[];
  #bytes = 0;

  constructor(slots: number, private readonly bytesMax = LOOSE_BYTES_MAX) {
    this.#held = Array.from({ length: slots }, () => null);
  }

  /** Of requests that wait and run. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is room for these; a request alone has it whatever its size. */
  fits(tensors: readonly Tensor[]): boolean {
    return this.#bytes === 0 || this.#bytes + bytesOf(tensors) <= this.bytesMax;
  }

  /** Copies checked tensors, row by row, into the job's slots. */
  put(job: Job, { inputs, config }: Lane, tensors: readonly Tensor[]): void {
    const { rows, slots } = job;
    const columns = inputs.map(({ spec }) => {
      const tensor = tensors.find(({ name }) => name === spec.name) as Tensor;
      const own = { ...tensor, data: new Uint8Array(tensor.data) }; // it is a view of a message
      return looseValues(own, rows, config.max_batch_size > 0);
    });
    const bytes = bytesOf(tensors) / rows;
    for (let row = 0; row < rows; row += 1) {
      const values = columns.map((column) => column[row]) as LooseRow;
      this.#held[slots[row] as number] = { inputs: values, bytes, outputs: null };
      this.#bytes += bytes;
    }
  }

  /** What the rows in these slots hold. */
  inputs(slots: Int32Array, rows: number): LooseRow[] {
    return Array.from(slots.subarray(0, rows), (slot) => this.#held[slot]?.inputs ?? []);
  }

  /** Keeps the answers for whoever still waits for them; null is a row that failed. */
  answer(slots: Int32Array, outputs: readonly (LooseRow | null)[]): void {
    outputs.forEach((row, at) => {
      const held = this.#held[slots[at] as number];
      if (held) held.outputs = row;
    });
  }

  /** One output of an answered job. Fails with `backend` where its rows differ in shape. */
  output(job: Job, { outputs, config }: Lane, output: LaneTensor): Tensor {
    const at = outputs.indexOf(output);
    const values = Array.from(job.slots.subarray(0, job.rows), (slot) =>
      (this.#held[slot]?.outputs as LooseRow)[at] as LooseRow[number]);
    const { name, datatype } = output.spec;
    return { name, datatype, ...stacked(values, config.max_batch_size > 0) };
  }

  /** Forgets what a settled job's slots hold. */
  drop({ slots, rows }: Job): void {
    for (let row = 0; row < rows; row += 1) {
      const slot = slots[row] as number;
      this.#bytes -= this.#held[slot]?.bytes ?? 0;
      this.#held[slot] = null;
    }
    if (this.#held.length > 0 && this.#bytes < 1) this.#bytes = 0; // shares of a request's bytes
  }
}

function bytesOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((bytes, { data }) => bytes + data.byteLength, 0);
}
