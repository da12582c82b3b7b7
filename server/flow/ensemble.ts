import type { Desk, InferStart } from '../batch/desk.ts';
import { type InferSettled, startInfer } from '../batch/infer.ts';
import type { Job, Lane, LaneTensor } from '../batch/lane.ts';
import { LaneStats } from '../batch/lane-stats.ts';
import type { ServedLane } from '../batch/served-lane.ts';
import {
  datatypeOf, type EnsembleStep, type ModelConfig, rowsOfRun,
} from '../catalog/model-config.ts';
import type { Clock } from '../core/clock.ts';
import { asServeError, ServeError } from '../core/errors.ts';
import type { InferRequest, InferResult, StepResult } from '../core/inference.ts';
import type { Tensor } from '../core/tensor.ts';
import { LaneFace } from './lane-face.ts';
import { ownTensors } from './own-tensors.ts';

export interface EnsembleParts {
  readonly config: ModelConfig; // with `ensemble`: steps in an order in which each has its inputs
  readonly version: string;
  /** The lane of a step's model as it is now; throws where there is none. */
  readonly laneOf: (step: EnsembleStep) => Lane;
  /** Why a step's requests fail until further notice; undefined while they do not. */
  readonly troubleOf: (step: EnsembleStep) => string | undefined;
  readonly clock: Clock;
  readonly turnEnd: (run: () => void) => void;
}

/**
 * A request through several models. A step starts as soon as it has its inputs, with what is left
 * of the request's deadline and in its priority; those that do not need each other run at once. The
 * first one that fails fails the request, and those that have not started are given up.
 */
export class EnsembleLane extends LaneFace implements ServedLane, Desk {
  readonly desk = this;
  readonly sequences = false;
  readonly inline = false;
  readonly memoryBytes = 0;
  readonly waitingRows = 0;
  readonly freeSlots = 0;
  readonly retryAfterMs = 1;
  readonly #parts: EnsembleParts;
  readonly #open = new Set<Passage>();
  #closing = false;
  #onQuiet = (): void => {};

  constructor(parts: EnsembleParts) {
    const { config, version } = parts;
    const rowsMax = rowsOfRun(config);
    super({
      model: config.name, version, config, rowsMax, stats: new LaneStats(rowsMax),
      inputs: config.input.map(faceOf), outputs: config.output.map(faceOf),
    });
    this.#parts = parts;
  }

  get trouble(): string | undefined {
    return this.config.ensemble?.map(this.#parts.troubleOf).find((why) => why !== undefined);
  }
  get runningRows(): number {
    return this.#open.size;
  }

  readonly start: InferStart = (request, settled) => {
    const refusal = this.#refusal();
    if (refusal) {
      this.stats.fail(refusal.code);
      throw refusal;
    }
    const fromUs = this.#parts.clock.nowUs();
    const passage = new Passage(this.#parts, request, (error, result) => {
      this.#open.delete(passage);
      if (error) this.stats.fail(error.code);
      else this.#count(fromUs, request);
      settled(error, result);
      if (this.#open.size === 0) this.#onQuiet();
    });
    this.#open.add(passage);
    try {
      passage.begin();
    } catch (refused) {
      this.#open.delete(passage);
      const error = asServeError(refused);
      this.stats.fail(error.code);
      throw error;
    }
    return () => passage.end(new ServeError('cancelled'));
  };

  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    if (this.#open.size === 0) return;
    const cancel = this.#parts.clock.after(drainMs * 1000, () => {
      for (const passage of this.#open) passage.end(new ServeError('draining'));
    });
    await new Promise<void>((resolve) => (this.#onQuiet = resolve));
    cancel();
  }

  waitingJobs(): number {
    return 0;
  }
  take(): Job | null {
    return null; // requests go to the desk
  }
  makeRoom(): boolean {
    return false;
  }
  submit(): void {}
  giveBack(): void {}
  cancel(): boolean {
    return false;
  }

  #refusal(): ServeError | null {
    if (this.#closing) return new ServeError('draining');
    if (this.#open.size < this.config.dynamic_batching.max_queue_size) return null;
    return new ServeError(
      'overloaded', `'${this.model}' has ${this.#open.size} requests under way`,
    );
  }

  /** All of a request's time is the steps', whose own lanes tell what it went into. */
  #count(fromUs: number, { inputs }: InferRequest): void {
    const { clock } = this.#parts;
    const endUs = clock.nowUs();
    const rows = this.config.max_batch_size === 0 ? 1 : Number(inputs[0]?.shape[0] ?? 1);
    const run = { jobRows: rows, startedUs: fromUs, inputNs: 0, outputNs: 0 };
    this.stats.answered += 1;
    this.stats.rows += rows;
    this.stats.phases.ran(run, endUs, clock.wallMs());
    this.stats.phases.answered(1, 0, run, endUs);
    const [level] = this.stats.levels;
    level?.requestUs.record(endUs - fromUs);
    level?.inferUs.record(endUs - fromUs);
    level?.inputUs.record(0);
    level?.outputUs.record(0);
    level?.queueUs.record(0);
  }
}

/** One request on its way through the steps. */
class Passage {
  readonly #tensors = new Map<string, Tensor>();
  readonly #left: Set<EnsembleStep>; // steps that have not started
  readonly #running = new Map<EnsembleStep, () => boolean>();
  readonly #untilUs: number;
  readonly #fromUs: number;
  readonly #steps: StepResult[] = []; // where they are asked for
  #queueUs = 0;
  #last: InferResult | null = null;
  #over = false;

  constructor(
    private readonly parts: EnsembleParts,
    private readonly request: InferRequest,
    private readonly settled: InferSettled,
  ) {
    this.#left = new Set(parts.config.ensemble);
    this.#fromUs = parts.clock.nowUs();
    this.#untilUs = this.#fromUs + (request.deadlineMs ?? Infinity) * 1000;
  }

  /** Throws where the first steps are refused at once. */
  begin(): void {
    const { inputs } = this.request;
    const first = this.#ready(new Set(inputs.map(({ name }) => name)));
    // Bytes of the message are there for as long as this call: steps after it need their own.
    const more = this.#left.size > first.length;
    for (const tensor of more ? ownTensors(inputs) : inputs) this.#tensors.set(tensor.name, tensor);
    try {
      for (const step of first) this.#start(step);
    } catch (refused) {
      this.#over = true;
      this.#giveUp();
      throw refused;
    }
  }

  /** True when it ends so; false when it has ended already. */
  end(error: ServeError): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#giveUp();
    this.parts.turnEnd(() => this.settled(error, null));
    return true;
  }

  #ready(known: ReadonlySet<string>): EnsembleStep[] {
    return [...this.#left].filter((step) =>
      Object.values(step.input_map).every((name) => known.has(name)));
  }

  #start(step: EnsembleStep): void {
    const { clock, laneOf } = this.parts;
    const { deadlineMs: _, outputs: __, inputs: ___, ...rest } = this.request;
    const leftMs = (this.#untilUs - clock.nowUs()) / 1000;
    if (leftMs <= 0) throw new ServeError('deadline', `before '${step.model_name}' could run`);
    const inputs = Object.entries(step.input_map).map(([name, outer]) =>
      ({ ...this.#tensors.get(outer) as Tensor, name }));
    this.#left.delete(step);
    const request: InferRequest = {
      ...rest, model: step.model_name, inputs, outputs: Object.keys(step.output_map),
      ...(leftMs === Infinity ? {} : { deadlineMs: leftMs }),
    };
    const startUs = clock.nowUs() - this.#fromUs;
    this.#running.set(step, startInfer(laneOf(step), request, clock, (error, result) =>
      this.#ended(step, error, result, startUs)));
  }

  #ended(
    step: EnsembleStep, error: ServeError | null, result: InferResult | null, startUs: number,
  ): void {
    this.#running.delete(step);
    if (this.#over) return;
    if (error || !result) return this.#fail(inStep(step, error));
    this.#queueUs += result.timing.queueUs;
    this.#last = result;
    if (this.request.phases) {
      const { outputs: _, ...rest } = result;
      this.#steps.push({ ...rest, startUs, endUs: this.parts.clock.nowUs() - this.#fromUs });
    }
    for (const [name, outer] of Object.entries(step.output_map)) {
      const tensor = result.outputs.find((output) => output.name === name) as Tensor;
      this.#tensors.set(outer, { ...tensor, name: outer });
    }
    try {
      for (const next of this.#ready(new Set(this.#tensors.keys()))) this.#start(next);
    } catch (refused) {
      return this.#fail(asServeError(refused));
    }
    if (this.#left.size + this.#running.size === 0) this.#finish();
  }

  #finish(): void {
    this.#over = true;
    const { config, version, clock } = this.parts;
    const wanted = this.request.outputs ?? config.output.map(({ name }) => name);
    const outputs = wanted.map((name) => this.#tensors.get(name) as Tensor);
    const tookUs = clock.nowUs() - this.#fromUs;
    const queueUs = Math.min(this.#queueUs, tookUs); // steps at once wait at once
    const { batchRows, batchReason } = (this.#last as InferResult).timing;
    const timing = { queueUs, runUs: tookUs - queueUs, batchRows, batchReason };
    const steps = this.request.phases ? { steps: this.#steps } : {};
    this.settled(null, { model: config.name, version, outputs, timing, ...steps });
  }

  #fail(error: ServeError): void {
    this.#over = true;
    this.#giveUp();
    this.settled(error, null);
  }

  /** Runs that have started go on, for nobody. */
  #giveUp(): void {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }
}

/** The step's failure, saying whose it is where the message does not. */
function inStep({ model_name }: EnsembleStep, error: ServeError | null): ServeError {
  if (!error) return new ServeError('internal', `${model_name} gave neither answer nor error`);
  if (error.message.includes(model_name)) return error;
  const { retryAfterMs } = error;
  return new ServeError(error.code, `in step ${model_name}: ${error.detail}`,
    { cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

function faceOf(tensor: ModelConfig['input'][number]): LaneTensor {
  const spec = { name: tensor.name, datatype: datatypeOf(tensor), dims: tensor.dims };
  return { spec, rowBytes: 0, bytes: new Uint8Array(0) };
}
