import type { ModelConfig, QueuePolicy } from '../catalog/model-config.ts';

/** Triton's queue policies over numbers: pure. */

/** The policy of each priority level, the most urgent first. One level where there are none. */
export function levelPolicies(batching: ModelConfig['dynamic_batching']): readonly QueuePolicy[] {
  const { priority_levels, default_queue_policy, priority_queue_policy } = batching;
  return Array.from({ length: Math.max(1, priority_levels) }, (_, level) =>
    priority_queue_policy[String(level + 1)] ?? default_queue_policy);
}

/**
 * Index of the level that a request of this priority belongs to. 1 is the most urgent; 0, or what
 * lies beyond the last level, is the default one, as in Triton.
 */
export function levelOf(
  priority: number, { priority_levels, default_priority_level }: ModelConfig['dynamic_batching'],
): number {
  if (priority_levels <= 1) return 0;
  return (priority >= 1 && priority <= priority_levels ? priority : default_priority_level) - 1;
}

/**
 * By when a job must have started: after the policy's timeout, or after its own where the policy
 * lets it have a shorter one. `timeoutUs` is 0 for none.
 */
export function startByUs(policy: QueuePolicy, arrivedUs: number, timeoutUs: number): number {
  const usual = policy.default_timeout_microseconds || Infinity;
  const own = policy.allow_timeout_override && timeoutUs > 0 ? timeoutUs : Infinity;
  return arrivedUs + Math.min(usual, own);
}
