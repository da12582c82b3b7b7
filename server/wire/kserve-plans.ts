import { decodePlan, type InferPlan } from './kserve-request.ts';

const PLANS_MAX = 64; // JSON heads in use at once; then all are forgotten, and those in use come back
const HEAD_BYTES_MAX = 2048;

/**
 * Plans of requests by the JSON they begin with. A client that sends tensors in binary sends the
 * same JSON again and again, unless it numbers its requests: then nothing is kept.
 */
export class InferPlans {
  readonly #plans = new Map<string, InferPlan>();

  /** Fails as `decodePlan` does. */
  of(json: Uint8Array, model: string): InferPlan {
    if (json.byteLength > HEAD_BYTES_MAX) return decodePlan(json, model);
    const head = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('latin1');
    const known = this.#plans.get(head);
    if (known) return known;
    const plan = decodePlan(json, model);
    if (plan.asked.id === '' && plan.inputs.every((input) => 'bytes' in input)) {
      if (this.#plans.size >= PLANS_MAX) this.#plans.clear();
      this.#plans.set(head, plan);
    }
    return plan;
  }
}
