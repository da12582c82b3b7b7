import { CONFIG_LIMITS } from './config-limits.ts';
import type { ModelConfig, QueuePolicy } from './model-config.ts';
import type { Node } from './node.ts';

/** Rows that may wait where the config does not say, unless they would take more than the bytes. */
const QUEUE_ROWS = 4096;
const QUEUE_BYTES = 67_108_864;

const FIELDS = [
  'max_queue_delay_microseconds', 'max_queue_size', 'preferred_batch_size', 'allowed_batch_size',
  'preserve_ordering', 'priority_levels', 'default_priority_level', 'default_queue_policy',
  'priority_queue_policy',
];
const POLICY: QueuePolicy = {
  timeout_action: 'REJECT',
  default_timeout_microseconds: 0,
  allow_timeout_override: false,
  max_queue_size: 0,
};

/** `dynamic_batching`, which may be absent, of a model whose rows have this many bytes. */
export function parseBatching(
  node: Node, maxBatchSize: number, rowBytes: number,
): ModelConfig['dynamic_batching'] {
  const fields = node.present ? node.fields(FIELDS) : node.empty();
  const batch = Math.max(1, maxBatchSize);
  const usual = Math.max(batch, Math.min(QUEUE_ROWS, Math.floor(QUEUE_BYTES / rowBytes)));
  const queueMax = fields.at('max_queue_size').optional(usual, (each) =>
    each.integer(batch, CONFIG_LIMITS.queueMax));
  if (queueMax * rowBytes > CONFIG_LIMITS.slabBytesMax) {
    node.fail(`${queueMax} rows of ${rowBytes} bytes that wait need more than ` +
      `${CONFIG_LIMITS.slabBytesMax} bytes: set max_queue_size or max_batch_size lower`);
  }
  const allowed = sizes(fields.at('allowed_batch_size'), batch);
  const preferred = sizes(fields.at('preferred_batch_size'), batch);
  if (allowed.length > 0) holdTogether(fields, allowed, preferred, batch);
  return {
    max_queue_delay_microseconds: fields.at('max_queue_delay_microseconds').optional(0, (each) =>
      each.integer(0, CONFIG_LIMITS.queueDelayUsMax)),
    max_queue_size: queueMax,
    preferred_batch_size: preferred,
    allowed_batch_size: allowed,
    ...levels(fields),
  };
}

/** In ascending order, each once. */
function sizes(node: Node, rowsMax: number): number[] {
  const given = node.optional([], (each) =>
    each.list(0, CONFIG_LIMITS.batchSizesMax).map((size) => size.integer(1, rowsMax)));
  return [...new Set(given)].sort((a, b) => a - b);
}

function holdTogether(
  fields: Node, allowed: readonly number[], preferred: readonly number[], rowsMax: number,
): void {
  if (allowed.at(-1) !== rowsMax) {
    fields.at('allowed_batch_size').fail(`must hold max_batch_size, which is ${rowsMax}`);
  }
  const strange = preferred.find((size) => !allowed.includes(size));
  if (strange !== undefined) {
    fields.at('preferred_batch_size').fail(`${strange} is none of allowed_batch_size`);
  }
}

function levels(fields: Node): Pick<ModelConfig['dynamic_batching'], 'preserve_ordering' |
  'priority_levels' | 'default_priority_level' | 'default_queue_policy' | 'priority_queue_policy'> {
  const ordered = fields.at('preserve_ordering').optional(false, (each) => each.flag());
  const count = fields.at('priority_levels').optional(0, (each) =>
    each.integer(0, CONFIG_LIMITS.priorityLevelsMax));
  if (ordered && count > 1) {
    fields.at('preserve_ordering').fail('only one priority level goes with preserve_ordering');
  }
  const level = fields.at('default_priority_level');
  if (count > 0 && !level.present) level.fail(`priority_levels asks for it: 1..${count}`);
  const policy = fields.at('default_queue_policy').optional(POLICY, queuePolicy);
  const own = fields.at('priority_queue_policy');
  const policies = own.optional({} as Record<string, QueuePolicy>, (each) => each.map(queuePolicy));
  const strange = Object.keys(policies).find((name) => !isLevel(name, count));
  if (strange !== undefined) {
    own.at(strange).fail(count === 0
      ? 'there are no levels without priority_levels'
      : `'${strange}' is no level: they are 1..${count}`);
  }
  return {
    preserve_ordering: ordered,
    priority_levels: count,
    default_priority_level: level.optional(0, (each) => each.integer(Math.min(1, count), count)),
    default_queue_policy: policy,
    priority_queue_policy: policies,
  };
}

function isLevel(name: string, count: number): boolean {
  return /^[1-9]\d*$/.test(name) && Number(name) <= count;
}

function queuePolicy(node: Node): QueuePolicy {
  const fields = node.fields(Object.keys(POLICY));
  return {
    timeout_action: fields.at('timeout_action').optional(POLICY.timeout_action, (each) =>
      each.oneOf(['REJECT', 'DELAY'] as const)),
    default_timeout_microseconds: fields.at('default_timeout_microseconds').optional(0, (each) =>
      each.integer(0, CONFIG_LIMITS.timeoutUsMax)),
    allow_timeout_override: fields.at('allow_timeout_override').optional(false, (each) =>
      each.flag()),
    max_queue_size: fields.at('max_queue_size').optional(0, (each) =>
      each.integer(0, CONFIG_LIMITS.queueMax)),
  };
}
