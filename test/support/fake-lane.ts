import { inferOn } from '../../server/batch/infer.ts';
import { LooseRows } from '../../server/batch/loose-rows.ts';
import type { Job, Lane, LaneTensor, Lanes } from '../../server/batch/lane.ts';
import type { ModelConfig } from '../../server/catalog/model-config.ts';
import { parseConfig } from '../../server/catalog/parse-config.ts';
import { systemClock } from '../../server/core/clock.ts';
import { ServeError } from '../../server/core/errors.ts';
import type { Inference, InferRequest, InferResult } from '../../server/core/inference.ts';
import type { LooseRow } from '../../server/core/loose.ts';
import { DATATYPE_BYTES, type Datatype, elements, type TensorSpec } from '../../server/core/tensor.ts';

export interface FakeModel {
  readonly name: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly rowsMax: number; // 0: no batch dimension
  /** One row: its inputs' bytes to its outputs' bytes, which are zero before. */
  readonly row: (inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]) => void;
  /** One row of a model whose rows have no size of their own, in place of `row`. */
  readonly looseRow?: (inputs: LooseRow) => LooseRow;
}

const TENSOR = [{ name: 't', data_type: 'TYPE_FP32', dims: [1] }];
const ANY = { platform: 'plain', input: TENSOR, output: TENSOR };

interface FakeJob extends Job {
  state: 'free' | 'taken' | 'waiting' | 'running';
}

/** A lane without queue rules or time: jobs wait until the test lets them run. */
export class FakeLane implements Lane {
  readonly model: string;
  readonly config: ModelConfig;
  readonly inputs: readonly LaneTensor[];
  readonly outputs: readonly LaneTensor[];
  readonly rowsMax: number;
  readonly retryAfterMs = 3;
  /** Runs each job in the turn after it came, when true. */
  prompt = true;
  /** Runs what waits when asked for room, when true. */
  inline = false;
  readonly waiting: FakeJob[] = [];
  readonly #free: number[];
  readonly loose: LooseRows | undefined;
  readonly #row: FakeModel['row'];
  readonly #looseRow: FakeModel['looseRow'];

  constructor(
    { name, inputs, outputs, rowsMax, row, looseRow }: FakeModel,
    readonly version = '1',
    readonly slots = 64,
  ) {
    this.model = name;
    const { dynamic_batching, parameters } = parseConfig(ANY, name);
    this.config = { name, max_batch_size: rowsMax, dynamic_batching, parameters } as ModelConfig;
    this.rowsMax = Math.max(1, rowsMax);
    this.inputs = inputs.map((spec) => laneTensor(spec, slots));
    this.outputs = outputs.map((spec) => laneTensor(spec, slots));
    this.#row = row;
    this.#looseRow = looseRow;
    this.loose = looseRow && new LooseRows(slots);
    this.#free = Array.from({ length: slots }, (_, slot) => (slot * 7) % slots); // not in order
  }

  get freeSlots(): number {
    return this.#free.length;
  }

  take(rows: number): Job | null {
    if (this.#free.length < rows) return null;
    const job: FakeJob = {
      rows,
      slots: Int32Array.from(this.#free.splice(-rows)),
      deadlineUs: Infinity,
      priority: 0,
      timeoutUs: 0,
      arrivedUs: 0,
      startedUs: 0,
      endedUs: 0,
      batchRows: rows,
      batchReason: 'idle',
      onSettled: () => {},
      context: null,
      state: 'taken',
    };
    return job;
  }

  makeRoom(): boolean {
    const { length } = this.waiting;
    if (this.inline) this.runAll();
    return this.waiting.length < length;
  }

  submit(given: Job): void {
    const job = given as FakeJob;
    job.state = 'waiting';
    this.waiting.push(job);
    if (this.prompt) setImmediate(() => this.runAll());
  }

  giveBack(job: Job): void {
    this.#free.push(...job.slots);
  }

  cancel(given: Job): boolean {
    const job = given as FakeJob;
    const at = this.waiting.indexOf(job);
    if (at < 0) return false;
    this.waiting.splice(at, 1);
    this.#settle(job, new ServeError('cancelled'));
    return true;
  }

  runAll(): void {
    for (const job of this.waiting.splice(0)) this.run(job);
  }

  run(job: Job): void {
    const rowOf = ({ bytes, rowBytes }: LaneTensor, slot: number) =>
      bytes.subarray(slot * rowBytes, (slot + 1) * rowBytes);
    const { loose } = this;
    if (loose) {
      const answers = loose.inputs(job.slots, job.rows).map((one) => this.#looseRow!(one));
      loose.answer(job.slots, answers);
    } else {
      this.#runRows(job, rowOf);
    }
    this.#settle(job, null);
  }

  #runRows(job: Job, rowOf: (tensor: LaneTensor, slot: number) => Uint8Array): void {
    for (const slot of job.slots) {
      const outputs = this.outputs.map((tensor) => rowOf(tensor, slot).fill(0));
      this.#row(
        this.inputs.map((tensor) => rowOf(tensor, slot)),
        outputs,
      );
    }
  }

  fail(error: ServeError): void {
    for (const job of this.waiting.splice(0)) this.#settle(job, error);
  }

  #settle(job: Job, error: ServeError | null): void {
    job.onSettled(job, error);
    this.#free.push(...job.slots);
  }
}

function laneTensor(spec: TensorSpec, slots: number): LaneTensor {
  const loose = spec.datatype === 'BYTES' || spec.dims.includes(-1);
  const rowBytes = loose ? 0 : elements(spec.dims) * DATATYPE_BYTES[spec.datatype as Datatype];
  return { spec, rowBytes, bytes: new Uint8Array(new SharedArrayBuffer(rowBytes * slots)) };
}

/** Lanes by name; the newest version is the one that was added last. */
export class FakeLanes implements Lanes, Inference {
  constructor(readonly lanes: FakeLane[]) {}

  lane(model: string, version?: string): FakeLane {
    const named = this.lanes.filter((lane) => lane.model === model);
    if (named.length === 0) throw new ServeError('unknown_model', `'${model}'`);
    const lane = named.findLast((one) => version === undefined || one.version === version);
    if (!lane) throw new ServeError('unknown_version', `'${model}' ${version}`);
    return lane;
  }

  ready(model: string): boolean {
    return this.lanes.some((lane) => lane.model === model);
  }

  async infer(request: InferRequest): Promise<InferResult> {
    return inferOn(this.lane(request.model, request.version), request, systemClock);
  }
}
