import type { Desk } from '../batch/desk.ts';
import { type InferSettled, startInfer } from '../batch/infer.ts';
import type { Job, Lane, Lanes, LaneTensor } from '../batch/lane.ts';
import type { ModelConfig } from '../catalog/model-config.ts';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { InferRequest, InferResult } from '../core/inference.ts';
import type { TensorSpec } from '../core/tensor.ts';
import { ownTensors } from '../flow/own-tensors.ts';
import type { Line } from './line.ts';
import type { SharedVersion } from './table.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * A lane on the thread that loaded the model: its requests go there whole, and come back answered.
 */
export class RemoteLane implements Lane {
  readonly model: string;
  readonly version: string;
  readonly config: ModelConfig;
  readonly inputs: readonly LaneTensor[];
  readonly outputs: readonly LaneTensor[];
  readonly rowsMax: number;
  readonly retryAfterMs = 0; // errors bring their own
  readonly desk: Desk;

  constructor(private readonly line: Line, model: string, shared: SharedVersion) {
    this.model = model;
    this.version = String(shared.version);
    this.config = shared.config;
    this.inputs = shared.inputs.map(tensorOf);
    this.outputs = shared.outputs.map(tensorOf);
    this.rowsMax = shared.rowsMax;
    this.desk = {
      sequences: shared.sequences,
      start: (request, settled) => this.#start(request, settled),
    };
  }

  /** Its slots are on the other thread. */
  take(): Job | null {
    return null;
  }
  makeRoom(): boolean {
    return false;
  }
  submit(): void {}
  giveBack(): void {}
  cancel(): boolean {
    return false;
  }

  #start(request: InferRequest, settled: InferSettled): () => boolean {
    let open = true;
    const end = (error: ServeError | null, result: InferResult | null): void => {
      if (!open) return;
      open = false;
      settled(error, result);
    };
    const giveUp = this.line.call<InferResult>('infer', ownRequest(request), { settled: end });
    return () => {
      if (!open) return false;
      giveUp();
      queueMicrotask(() => end(new ServeError('cancelled'), null));
      return true;
    };
  }
}

/** Answers what `RemoteLane`s of the other end ask for. */
export function takeInfers(line: Line, lanes: Lanes, clock: Clock): void {
  line.take('infer', (request: InferRequest, answer) => {
    const lane = lanes.lane(request.model, request.version);
    const cancel = startInfer(lane, request, clock, (error, result) => {
      if (error || !result) answer.fail(error as ServeError);
      else answer.done({ ...result, outputs: ownTensors(result.outputs) });
    });
    return () => void cancel();
  });
}

/** What a lane looks at, in memory of its own: callers take theirs back. */
function ownRequest(request: InferRequest): InferRequest {
  const { model, version, outputs, deadlineMs, priority, timeoutUs, requestId } = request;
  const { parameters, sequence, phases } = request;
  const given = {
    version, outputs, deadlineMs, priority, timeoutUs, requestId, parameters, sequence, phases,
  };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { model, inputs: ownTensors(request.inputs), ...said };
}

function tensorOf(spec: TensorSpec): LaneTensor {
  return { spec, rowBytes: 0, bytes: NO_BYTES };
}
