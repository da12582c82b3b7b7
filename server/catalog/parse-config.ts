import { ServeError } from '../core/errors.ts';
import { DATATYPE_BYTES, isDatatype } from '../core/tensor.ts';
import { CONFIG_LIMITS } from './config-limits.ts';
import {
  isLoose, type ModelConfig, type Parameter, type RateLimit, rowBytesOf, type TensorConfig,
  type VersionPolicy,
} from './model-config.ts';
import { Node } from './node.ts';
import { parseBatching } from './parse-batching.ts';
import { parseEnsemble } from './parse-ensemble.ts';
import { parseRollout } from './parse-rollout.ts';
import { parseSequence } from './parse-sequence.ts';
import { parseWarmup } from './parse-warmup.ts';

const PLATFORMS = [
  'onnxruntime_onnx', 'tensorflow_tfjs', 'plain', 'pipeline', 'ensemble',
] as const;
const FIELDS = [
  'name', 'platform', 'max_batch_size', 'input', 'output', 'version_policy', 'version_labels',
  'instance_group', 'dynamic_batching', 'parameters',
  'backend', 'response_cache', 'rollout', 'ensemble_scheduling',
  'sequence_batching', 'model_transaction_policy', 'model_warmup',
];
/** What `/v2/models/…/config` says beside: taken back, but only as it says it. */
const NEUTRAL = {
  format: 'FORMAT_NONE', is_shape_tensor: false, allow_ragged_batch: false, optional: false,
} as const;

/**
 * A model's configuration from its `config.json`, already parsed as JSON. `folder` is the name of
 * the model's folder, `file` is what messages call the file. Fails with `bad_argument`, naming the
 * path inside the file, what stands there and what may.
 */
export function parseConfig(json: unknown, folder: string, file = 'config.json'): ModelConfig {
  const root = new Node(json, '', file).fields(FIELDS);
  const name = root.at('name').optional(folder, (node) => node.text(CONFIG_LIMITS.nameMax));
  if (name !== folder) root.at('name').fail(`must be '${folder}', as the folder, or absent`);
  const maxBatchSize = root.at('max_batch_size').optional(0, (node) =>
    node.integer(0, CONFIG_LIMITS.batchMax));
  root.at('backend').optional('', (node) => node.text(32)); // the platform says it already
  neutral(root.at('model_transaction_policy'), { decoupled: false });
  const input = tensors(root.at('input'));
  const output = tensors(root.at('output'));
  const platform = root.at('platform').oneOf(PLATFORMS);
  const steps = root.at('ensemble_scheduling');
  if (steps.present && platform !== 'ensemble') steps.fail("only goes with platform 'ensemble'");
  const sequence = root.at('sequence_batching');
  if (sequence.present && (platform === 'ensemble' || isLoose({ input, output }))) {
    sequence.fail('goes with models of fixed sizes alone, and not with ensembles');
  }
  const warmup = root.at('model_warmup');
  if (warmup.present && platform === 'ensemble') {
    warmup.fail('goes with the models of an ensemble, and not with itself');
  }
  for (const other of ['response_cache', 'rollout']) {
    if (sequence.present && root.at(other).present) root.at(other).fail('goes not with sequences');
  }
  return {
    name,
    platform,
    max_batch_size: maxBatchSize,
    input,
    output,
    version_policy: root.at('version_policy').optional(
      { latest: { num_versions: 1 } } satisfies VersionPolicy, versionPolicy),
    version_labels: root.at('version_labels').optional({}, versionLabels),
    instance_group: root.at('instance_group').optional({ count: 0 }, instances),
    dynamic_batching: parseBatching(
      root.at('dynamic_batching'), maxBatchSize, rowBytes(input, output)),
    ...(platform === 'ensemble' ? { ensemble: parseEnsemble(steps, input, output) } : {}),
    ...(sequence.present ? { sequence: parseSequence(sequence) } : {}),
    ...(warmup.present ? { model_warmup: parseWarmup(warmup, input, maxBatchSize) } : {}),
    ...(root.at('rollout').present ? { rollout: parseRollout(root.at('rollout')) } : {}),
    response_cache: responseCache(root.at('response_cache')),
    parameters: parameters(root.at('parameters')),
  };
}

function tensors(list: Node): TensorConfig[] {
  const parsed = list.list(1, CONFIG_LIMITS.tensorsMax).map((node) => {
    node.fields(['name', 'data_type', 'dims', 'label_filename', ...Object.keys(NEUTRAL)]);
    for (const [field, only] of Object.entries(NEUTRAL)) node.at(field).only(only);
    const type = node.at('data_type').text(32);
    const datatype = type.replace(/^TYPE_/, '');
    if (!type.startsWith('TYPE_') || !(isDatatype(datatype) || datatype === 'STRING')) {
      const known = [...Object.keys(DATATYPE_BYTES), 'STRING'].map((each) => `TYPE_${each}`);
      node.at('data_type').fail(`must be one of ${known.join(', ')}`);
    }
    const dims = node.at('dims').list(0, CONFIG_LIMITS.rankMax).map((dim) => {
      const size = dim.integer(-1, 0x7fff_ffff);
      return size === 0 ? dim.fail('must be a size from 1, or -1 for any') : size;
    });
    const labels = node.at('label_filename').optional('', (label) => label.fileName());
    const tensor = {
      name: node.at('name').text(CONFIG_LIMITS.nameMax),
      data_type: type as TensorConfig['data_type'],
      dims,
    };
    return labels === '' ? tensor : { ...tensor, label_filename: labels };
  });
  const twice = parsed.find((tensor, at) => parsed.findIndex((t) => t.name === tensor.name) !== at);
  if (twice) list.fail(`names '${twice.name}' twice`);
  return parsed;
}

function responseCache(node: Node): ModelConfig['response_cache'] {
  const fields = node.present ? node.fields(['enable', 'ttl_seconds']) : node.empty();
  return {
    enable: fields.at('enable').optional(false, (each) => each.flag()),
    ttl_seconds: fields.at('ttl_seconds').optional(0, (each) =>
      each.integer(0, CONFIG_LIMITS.ttlSecondsMax)),
  };
}

function neutral(node: Node, fields: Readonly<Record<string, false>>): void {
  if (!node.present) return;
  node.fields(Object.keys(fields));
  for (const [field, only] of Object.entries(fields)) node.at(field).only(only);
}

function versionPolicy(node: Node): VersionPolicy {
  const kinds = node.fields(['latest', 'all', 'specific']).names();
  if (kinds.length !== 1) node.fail('must hold one of latest, all, specific');
  if (kinds[0] === 'all') {
    node.at('all').fields([]);
    return { all: {} };
  }
  if (kinds[0] === 'latest') {
    const count = node.at('latest').fields(['num_versions']).at('num_versions');
    return { latest: { num_versions: count.optional(1, (each) => each.integer(1, 1_000_000)) } };
  }
  const versions = node.at('specific').fields(['versions']).at('versions').list(1, 1000);
  return { specific: { versions: versions.map((v) => v.integer(1, Number.MAX_SAFE_INTEGER)) } };
}

function versionLabels(node: Node): Record<string, number> {
  const number = node.names().find((label) => /^\d+$/.test(label));
  if (number !== undefined) node.at(number).fail('a number names a version, no label may be one');
  return node.map((label) => label.integer(1, Number.MAX_SAFE_INTEGER));
}

/** Triton's list of groups, or one of them: counts add up, one may limit the rate of all. */
function instances(node: Node): ModelConfig['instance_group'] {
  const groups = node.isList ? node.list(1, 64) : [node];
  const counts = groups.map((group) => {
    group.fields(['count', 'kind', 'name', 'rate_limiter', 'gpus']);
    group.at('kind').optional('KIND_CPU' as const, device);
    group.at('gpus').optional([], (gpus) => gpus.isList && gpus.list(0, 64).length === 0
      ? [] : gpus.fail('must be empty: this server runs models on the CPU'));
    return group.at('count').optional(1, (count) => count.integer(0, CONFIG_LIMITS.instancesMax));
  });
  const [limited, second] = groups.filter((group) => group.at('rate_limiter').present);
  if (second) second.at('rate_limiter').fail('only one group may have one: it is for all');
  const count = Math.min(CONFIG_LIMITS.instancesMax, counts.reduce((sum, each) => sum + each, 0));
  return limited ? { count, rate_limiter: rateLimit(limited.at('rate_limiter')) } : { count };
}

function device(kind: Node): 'KIND_CPU' | 'KIND_AUTO' | 'KIND_MODEL' {
  const known = kind.oneOf(['KIND_CPU', 'KIND_AUTO', 'KIND_MODEL', 'KIND_GPU'] as const);
  if (known !== 'KIND_GPU') return known;
  return kind.fail('this server runs models on the CPU; KIND_AUTO takes what there is');
}

/** `global` changes nothing: there is one device. */
function rateLimit(node: Node): RateLimit {
  const fields = node.fields(['resources', 'priority']);
  const resources = fields.at('resources').list(1, 16).map((each) => {
    each.fields(['name', 'global', 'count']).at('global').optional(
      false, (global) => global.flag(),
    );
    return {
      name: each.at('name').text(CONFIG_LIMITS.nameMax),
      count: each.at('count').optional(1, (count) => count.integer(1, 1_000_000)),
    };
  });
  const priority = fields.at('priority').optional(1, (each) => each.integer(1, 1_000_000));
  return { resources, priority };
}

/** Rows of a loose model have no place of their own: what they take is looked at as they come. */
function rowBytes(input: readonly TensorConfig[], output: readonly TensorConfig[]): number {
  if (isLoose({ input, output })) return 0;
  return [...input, ...output].reduce((sum, tensor) => sum + rowBytesOf(tensor), 0);
}

/** Values may also be written as Triton does: `{"string_value": "..."}`. */
function parameters(node: Node): ModelConfig['parameters'] {
  const known = ['placement', 'backend', 'missing'];
  const values = node.optional({} as Record<string, Parameter>, (each) =>
    each.map((value) => value.unwrapped('string_value').parameter()));
  const one = <T extends string>(name: string, otherwise: T, may: readonly T[]): T => {
    const value = values[name];
    if (value === undefined) return otherwise;
    const found = may.find((each) => each === value);
    return found ?? node.at(name).fail(`must be one of ${may.join(', ')}`);
  };
  return {
    ...Object.fromEntries(Object.entries(values).filter(([name]) => !known.includes(name))),
    placement: one('placement', 'auto', ['auto', 'inline', 'pool']),
    backend: one('backend', 'wasm', ['wasm', 'cpu']),
    ...(values['missing'] !== undefined && { missing: one('missing', 'nan', ['nan']) }),
  };
}

/** A file's text as JSON. Fails with `bad_argument` naming the file when it is none. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServeError('bad_argument', `${file}: ${(cause as Error).message}`, { cause });
  }
}
