import { ServeError } from '../../server/core/errors.ts';
import type { Inference, InferRequest, InferResult } from '../../server/core/inference.ts';
import type { Tensor } from '../../server/core/tensor.ts';

type Model = (request: InferRequest) => readonly Tensor[] | Promise<readonly Tensor[]>;

/** Models that are functions of the test's own. Remembers what it was asked. */
export class FakeInference implements Inference {
  readonly requests: InferRequest[] = [];

  constructor(private readonly models: Readonly<Record<string, Model>>) {}

  async infer(request: InferRequest): Promise<InferResult> {
    this.requests.push(request);
    const model = this.models[request.model];
    if (!model) throw new ServeError('unknown_model', `'${request.model}'`);
    const outputs = await model(request);
    const timing = { queueUs: 10, runUs: 20, batchRows: 1, batchReason: 'idle' as const };
    return { model: request.model, version: request.version ?? '1', outputs, timing };
  }

  ready(model: string): boolean {
    return model in this.models;
  }
}
