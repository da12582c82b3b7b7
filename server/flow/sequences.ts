import type { Desk, InferStart } from '../batch/desk.ts';
import type { InferSettled } from '../batch/infer.ts';
import {
  datatypeOf, type ModelConfig, rowBytesOf, type SequenceControl, shapeOfRows,
} from '../catalog/model-config.ts';
import type { Clock } from '../core/clock.ts';
import { asServeError, ServeError } from '../core/errors.ts';
import type { InferRequest, InferResult, SequencePart } from '../core/inference.ts';
import type { Tensor } from '../core/tensor.ts';
import { ownTensors } from './own-tensors.ts';

export interface SequenceParts {
  readonly config: ModelConfig; // with `sequence`; without the tensors that clients do not see
  readonly run: InferStart; // of the model with all its tensors
  readonly sequencesMax: number; // that have a state at once; more wait for one of them to end
  readonly clock: Clock;
  readonly turnEnd: (run: () => void) => void;
}

interface Waiting {
  readonly request: InferRequest & { readonly sequence: SequencePart };
  readonly settled: InferSettled;
  readonly arrivedUs: number;
  readonly untilUs: number;
  cancelTimer: () => void;
}

interface Sequence {
  readonly id: string;
  readonly queue: Waiting[]; // in order of arrival; the first may be running
  active: boolean; // has a place; else it waits for one
  running: (() => boolean) | null; // gives the run up
  states: readonly Tensor[];
  restUs: number; // since when nothing of it runs or waits
}

/**
 * Requests that share a state. Those of one sequence run one after the other, in order of arrival,
 * each with the state that the one before left; those of different sequences share batches, since
 * the state goes with the request. A sequence ends with its last request, or when nothing of it
 * came for a while. A request that fails leaves the state as it was.
 */
export class Sequences implements Desk {
  readonly sequences = true;
  readonly #parts: SequenceParts;
  readonly #open = new Map<string, Sequence>(); // in the order in which they began
  #active = 0;
  #waiting = 0;
  #closing = false;
  #onQuiet = (): void => {};
  #cancelSweep: (() => void) | null = null;

  constructor(parts: SequenceParts) {
    this.#parts = parts;
  }

  /** Sequences that have a state, and those that wait for a place. */
  get counts(): { readonly active: number; readonly backlog: number } {
    return { active: this.#active, backlog: this.#open.size - this.#active };
  }

  readonly start: InferStart = (request, settled) => {
    const { clock } = this.#parts;
    const part = this.#check(request);
    let sequence = this.#open.get(part.id);
    if (!sequence) this.#open.set(part.id, (sequence = this.#begin(part.id)));
    const arrivedUs = clock.nowUs();
    const waiting: Waiting = {
      request: { ...request, sequence: part, inputs: ownTensors(request.inputs) }, settled, arrivedUs,
      untilUs: arrivedUs + (request.deadlineMs ?? Infinity) * 1000, cancelTimer: () => {},
    };
    sequence.queue.push(waiting);
    this.#waiting += 1;
    if (sequence.active && !sequence.running) this.#next(sequence);
    else this.#expireAt(sequence, waiting);
    const own = sequence;
    return () => this.#giveUp(own, waiting);
  };

  /**
   * Takes no more requests; resolves when none is left. After `drainMs` those that wait are
   * refused.
   */
  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    if (this.#waiting > 0) {
      const cancel = this.#parts.clock.after(drainMs * 1000, () => this.#refuseAll());
      await new Promise<void>((resolve) => (this.#onQuiet = resolve));
      cancel();
    }
    this.#cancelSweep?.();
    this.#open.clear();
  }

  /** Triton's rules, in its words. */
  #check({ model, sequence, inputs }: InferRequest): SequencePart {
    const { config } = this.#parts;
    if (this.#closing) throw new ServeError('draining');
    if (!sequence) {
      throw new ServeError('bad_argument',
        `inference request to model '${model}' must specify a non-zero or non-empty correlation ID`);
    }
    if (config.max_batch_size > 0 && Number(inputs[0]?.shape[0]) !== 1) {
      throw new ServeError('bad_argument', `inference request to model '${model}' must specify ` +
        'batch-size 1 due to requirements of sequence batcher');
    }
    if (!sequence.start && !this.#open.has(sequence.id)) {
      throw needsStart(model, sequence.id);
    }
    if (this.#waiting >= config.dynamic_batching.max_queue_size) {
      throw new ServeError('overloaded', `'${model}' has ${this.#waiting} requests of sequences`);
    }
    return sequence;
  }

  #begin(id: string): Sequence {
    const active = this.#active < this.#parts.sequencesMax;
    if (active) this.#active += 1;
    return { id, queue: [], active, running: null, states: [], restUs: 0 };
  }

  /** Runs the sequence's first request, where there is one. */
  #next(sequence: Sequence): void {
    const { run, clock } = this.#parts;
    const [first] = sequence.queue;
    if (!first) return this.#rest(sequence);
    first.cancelTimer();
    const { request, untilUs } = first;
    if (request.sequence.start) sequence.states = this.#freshStates();
    const { deadlineMs: _, outputs, sequence: part, ...rest } = request;
    const leftMs = (untilUs - clock.nowUs()) / 1000;
    const hidden = this.#config.state.map(({ output_name }) => output_name);
    const asked: InferRequest = {
      ...rest,
      inputs: [...request.inputs, ...this.#controls(part), ...sequence.states],
      ...(outputs ? { outputs: [...outputs, ...hidden] } : {}),
      ...(leftMs === Infinity ? {} : { deadlineMs: Math.max(0, leftMs) }),
    };
    const startUs = clock.nowUs();
    try {
      sequence.running = run(
        asked, (error, result) => this.#ended(sequence, first, startUs, error, result),
      );
    } catch (refused) {
      sequence.running = () => false;
      this.#parts.turnEnd(() =>
        this.#ended(sequence, first, startUs, asServeError(refused), null));
    }
  }

  #ended(
    sequence: Sequence, first: Waiting, startUs: number, error: ServeError | null,
    result: InferResult | null,
  ): void {
    sequence.running = null;
    sequence.queue.shift();
    const shown = result && this.#taken(sequence, result, startUs - first.arrivedUs);
    const after = first.request.sequence.end ? this.#afterEnd(sequence) : [];
    if (first.request.sequence.end && sequence.queue.length === 0) this.#drop(sequence);
    else this.#next(sequence); // its thread may work while the answer is sent
    this.#settle(first, error, shown);
    for (const late of after) this.#settle(late, needsStart(late.request.model, sequence.id), null);
  }

  /** Takes out what came after the end without a new start. */
  #afterEnd({ queue }: Sequence): Waiting[] {
    const start = queue.findIndex(({ request }) => request.sequence.start);
    return queue.splice(0, start < 0 ? queue.length : start);
  }

  /** Keeps the states for the next request; the answer without them. */
  #taken(sequence: Sequence, result: InferResult, waitedUs: number): InferResult {
    const { state } = this.#config;
    const names = new Map(state.map(({ output_name, input_name }) => [output_name, input_name]));
    sequence.states = state.map(({ output_name, input_name }) => {
      const tensor = result.outputs.find(({ name }) => name === output_name) as Tensor;
      return { ...tensor, name: input_name };
    });
    const { timing } = result;
    return {
      ...result,
      outputs: result.outputs.filter(({ name }) => !names.has(name)),
      timing: { ...timing, queueUs: timing.queueUs + waitedUs },
    };
  }

  /** Nothing of it waits: it ends when that goes on for too long. */
  #rest(sequence: Sequence): void {
    sequence.restUs = this.#parts.clock.nowUs();
    this.#cancelSweep ??= this.#parts.clock.after(
      this.#config.max_sequence_idle_microseconds, () => this.#sweep());
  }

  #sweep(): void {
    const { clock } = this.#parts;
    const idleUs = this.#config.max_sequence_idle_microseconds;
    this.#cancelSweep = null;
    let nextUs = Infinity;
    for (const sequence of [...this.#open.values()]) {
      if (!sequence.active || sequence.queue.length > 0) continue;
      const dueUs = sequence.restUs + idleUs;
      if (dueUs <= clock.nowUs()) this.#drop(sequence);
      else nextUs = Math.min(nextUs, dueUs);
    }
    if (nextUs === Infinity) return;
    this.#cancelSweep ??= clock.after(nextUs - clock.nowUs(), () => this.#sweep());
  }

  /** Its place is the next one's that waits for one. */
  #drop(sequence: Sequence): void {
    this.#open.delete(sequence.id);
    if (!sequence.active) return;
    this.#active -= 1;
    for (const next of this.#open.values()) {
      if (next.active) continue;
      next.active = true;
      this.#active += 1;
      return this.#next(next);
    }
  }

  #expireAt(sequence: Sequence, waiting: Waiting): void {
    if (waiting.untilUs === Infinity) return;
    waiting.cancelTimer = this.#parts.clock.after(waiting.untilUs - waiting.arrivedUs, () => {
      this.#leave(sequence, waiting);
      this.#settle(waiting, new ServeError('deadline'), null);
    });
  }

  #giveUp(sequence: Sequence, waiting: Waiting): boolean {
    const at = sequence.queue.indexOf(waiting);
    if (at < 0) return false;
    if (at === 0 && sequence.running) return sequence.running();
    this.#leave(sequence, waiting);
    this.#parts.turnEnd(() => this.#settle(waiting, new ServeError('cancelled'), null));
    return true;
  }

  /** A sequence none of which has run yet, and of which nothing waits any more, never was. */
  #leave(sequence: Sequence, waiting: Waiting): void {
    waiting.cancelTimer();
    sequence.queue.splice(sequence.queue.indexOf(waiting), 1);
    if (sequence.queue.length === 0 && !sequence.active) this.#drop(sequence);
  }

  #settle(waiting: Waiting, error: ServeError | null, result: InferResult | null): void {
    waiting.cancelTimer();
    this.#waiting -= 1;
    waiting.settled(error, result);
    if (this.#waiting === 0) this.#onQuiet();
  }

  #refuseAll(): void {
    for (const sequence of this.#open.values()) {
      for (const waiting of sequence.queue.splice(sequence.running ? 1 : 0)) {
        this.#settle(waiting, new ServeError('draining'), null);
      }
    }
  }

  get #config(): NonNullable<ModelConfig['sequence']> {
    return this.#parts.config.sequence as NonNullable<ModelConfig['sequence']>;
  }

  #freshStates(): Tensor[] {
    return this.#config.state.map(({ input_name: name, data_type, dims }) => {
      const tensor = { name, data_type, dims };
      const shape = shapeOfRows(this.#parts.config, dims, 1);
      return { name, datatype: datatypeOf(tensor), shape, data: new Uint8Array(rowBytesOf(tensor)) };
    });
  }

  #controls(part: SequencePart): Tensor[] {
    return this.#config.control_input.map((control) => {
      const data_type = control.data_type;
      const datatype = datatypeOf({ name: control.name, data_type, dims: [1] });
      const shape = shapeOfRows(this.#parts.config, [1], 1);
      return { name: control.name, datatype, shape, data: controlBytes(control, part) };
    });
  }
}

function needsStart(model: string, id: string): ServeError {
  return new ServeError('bad_argument', `inference request for sequence ${id} to model '${model}' ` +
    'must specify the START flag on the first request of the sequence');
}

/** A control's one element, little-endian. */
function controlBytes(
  { kind, data_type, values }: SequenceControl, part: SequencePart,
): Uint8Array {
  const bytes = new Uint8Array(data_type.endsWith('64') ? 8 : data_type === 'TYPE_BOOL' ? 1 : 4);
  const view = new DataView(bytes.buffer);
  if (kind === 'CONTROL_SEQUENCE_CORRID') {
    const id = /^\d{1,20}$/.test(part.id) ? BigInt(part.id) : hashOf(part.id);
    if (bytes.length === 8) view.setBigUint64(0, BigInt.asUintN(64, id), true);
    else view.setUint32(0, Number(BigInt.asUintN(32, id)), true);
    return bytes;
  }
  const yes = kind === 'CONTROL_SEQUENCE_START' ? part.start
    : kind === 'CONTROL_SEQUENCE_END' ? part.end : true;
  const value = values[yes ? 1 : 0];
  if (data_type === 'TYPE_FP32') view.setFloat32(0, value, true);
  else if (data_type === 'TYPE_BOOL') bytes[0] = value;
  else view.setInt32(0, value, true);
  return bytes;
}

/** A text's number, for models that take no texts: FNV-1a of 64 bits. */
function hashOf(text: string): bigint {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (const byte of Buffer.from(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100_0000_01b3n);
  }
  return hash;
}
