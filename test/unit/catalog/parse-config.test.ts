import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseConfig, parseJson } from '../../../server/catalog/parse-config.ts';

const tensor = { name: 'x', data_type: 'TYPE_FP32', dims: [4] };
const least = { platform: 'plain', input: [tensor], output: [{ ...tensor, name: 'y' }] };
const parse = (more: object) => parseConfig({ ...least, ...more }, 'm');

suite('parseConfig', () => {
  test('the least config gets every default', () => {
    assert.deepEqual(parse({}), {
      name: 'm',
      platform: 'plain',
      max_batch_size: 0,
      input: [tensor],
      output: [{ ...tensor, name: 'y' }],
      version_policy: { latest: { num_versions: 1 } },
      version_labels: {},
      response_cache: { enable: false, ttl_seconds: 0 },
      instance_group: { count: 0 },
      dynamic_batching: {
        max_queue_delay_microseconds: 0, max_queue_size: 4096,
        preferred_batch_size: [], allowed_batch_size: [], preserve_ordering: false,
        priority_levels: 0, default_priority_level: 0,
        default_queue_policy: {
          timeout_action: 'REJECT', default_timeout_microseconds: 0, allow_timeout_override: false,
          max_queue_size: 0,
        },
        priority_queue_policy: {},
      },
      parameters: { placement: 'auto', backend: 'wasm' },
    });
  });

  test('parameters of the model itself are kept, written plainly or as Triton does', () => {
    const { parameters } = parse({
      parameters: {
        placement: { string_value: 'pool' }, horizon: 7, features: ['a', 'b'], on: true,
      },
    });
    assert.deepEqual(parameters,
      { placement: 'pool', backend: 'wasm', horizon: 7, features: ['a', 'b'], on: true });
  });

  test('instance groups may be one or a list, whose counts add up', () => {
    assert.equal(parse({ instance_group: { count: 2 } }).instance_group.count, 2);
    const groups = [{ count: 2, kind: 'KIND_CPU' }, { kind: 'KIND_AUTO' }];
    assert.equal(parse({ instance_group: groups }).instance_group.count, 3);
  });

  test('the queue of wide rows is shorter by default, but holds a batch', () => {
    const wide = [{ ...tensor, dims: [1_000_000] }];
    assert.equal(parse({ input: wide }).dynamic_batching.max_queue_size, 16);
    assert.equal(parse({ input: wide, max_batch_size: 64 }).dynamic_batching.max_queue_size, 64);
  });

  test('sizes of batches are kept in order, each once; a level may have its own policy', () => {
    const { dynamic_batching } = parse({
      max_batch_size: 8,
      dynamic_batching: {
        preferred_batch_size: [8, 2, 8], allowed_batch_size: [8, 2, 1],
        priority_levels: 2, default_priority_level: 2,
        priority_queue_policy: { 1: { timeout_action: 'DELAY', max_queue_size: 3 } },
      },
    });
    assert.deepEqual(dynamic_batching.preferred_batch_size, [2, 8]);
    assert.deepEqual(dynamic_batching.allowed_batch_size, [1, 2, 8]);
    assert.deepEqual(dynamic_batching.priority_queue_policy, {
      1: {
        timeout_action: 'DELAY', default_timeout_microseconds: 0, allow_timeout_override: false,
        max_queue_size: 3,
      },
    });
  });

  const wrong: [string, object, RegExp][] = [
    ['a preferred size larger than a batch',
      { max_batch_size: 4, dynamic_batching: { preferred_batch_size: [2, 8] } },
      /preferred_batch_size\[1\] is 8: must be an integer in 1\.\.4/],
    ['allowed sizes without the largest',
      { max_batch_size: 4, dynamic_batching: { allowed_batch_size: [1, 2] } },
      /allowed_batch_size is \[1,2\]: must hold max_batch_size, which is 4/],
    ['a preferred size that is not allowed',
      { max_batch_size: 4, dynamic_batching: { allowed_batch_size: [4], preferred_batch_size: [3] } },
      /preferred_batch_size is \[3\]: 3 is none of allowed_batch_size/],
    ['levels without a default', { dynamic_batching: { priority_levels: 2 } },
      /default_priority_level is missing: priority_levels asks for it: 1\.\.2/],
    ['a default that is no level',
      { dynamic_batching: { priority_levels: 2, default_priority_level: 3 } },
      /default_priority_level is 3: must be an integer in 1\.\.2/],
    ['a default without levels', { dynamic_batching: { default_priority_level: 1 } },
      /default_priority_level is 1: must be an integer in 0\.\.0/],
    ['a policy for no level', { dynamic_batching: {
      priority_levels: 2, default_priority_level: 1, priority_queue_policy: { 3: {} } } },
      /priority_queue_policy\.3 is \{\}: '3' is no level: they are 1\.\.2/],
    ['a policy without levels', { dynamic_batching: { priority_queue_policy: { 1: {} } } },
      /there are no levels without priority_levels/],
    ['an unknown action', { dynamic_batching: { default_queue_policy: { timeout_action: 'WAIT' } } },
      /default_queue_policy\.timeout_action is "WAIT": must be one of REJECT, DELAY/],
    ['order among levels', { dynamic_batching: {
      priority_levels: 2, default_priority_level: 1, preserve_ordering: true } },
      /preserve_ordering is true: only one priority level goes with preserve_ordering/],
    ['a name that is not the folder', { name: 'other' }, /name is "other": must be 'm'/],
    ['an unknown field', { dynamic_batchin: {} },
      /dynamic_batchin is \{\}: unknown field; known are name, /],
    ['an unknown platform', { platform: 'caffe' }, /platform is "caffe": must be one of onnx/],
    ['a missing platform', { platform: undefined }, /platform is missing/],
    ['a batch out of range', { max_batch_size: 1025 },
      /max_batch_size is 1025: must be an integer in 0\.\.1024/],
    ['a batch that is no integer', { max_batch_size: 1.5 }, /max_batch_size is 1\.5/],
    ['no input', { input: [] }, /input is \[\]: must hold 1\.\.64 entries/],
    ['inputs that are no list', { input: {} }, /input is \{\}: must be a list/],
    ['a negative size', { input: [{ ...tensor, dims: [4, -3] }] },
      /input\[0\]\.dims\[1\] is -3: must be an integer/],
    ['a size of zero', { input: [{ ...tensor, dims: [0] }] },
      /input\[0\]\.dims\[0\] is 0: must be a size from 1, or -1 for any/],
    ["texts by KServe's name", { input: [{ ...tensor, data_type: 'TYPE_BYTES' }] },
      /input\[0\]\.data_type is "TYPE_BYTES": must be one of TYPE_BOOL.*TYPE_STRING/],
    ['a type without TYPE_', { output: [{ ...tensor, data_type: 'FP32' }] },
      /output\[0\]\.data_type is "FP32"/],
    ['a tensor named twice', { input: [tensor, tensor] }, /input is .*: names 'x' twice/],
    ['a label file elsewhere', { output: [{ ...tensor, label_filename: '../x' }] },
      /label_filename is "\.\.\/x": must be a file name/],
    ['two policies', { version_policy: { all: {}, latest: {} } },
      /version_policy .* must hold one of/],
    ['version 0', { version_policy: { specific: { versions: [0] } } },
      /version_policy\.specific\.versions\[0\] is 0/],
    ['a label for no number', { version_labels: { stable: 'x' } }, /version_labels\.stable is "x"/],
    ['a label that is a number', { version_labels: { 2: 1 } },
      /version_labels\.2 is 1: a number names a version/],
    ['a queue shorter than a batch', { max_batch_size: 8, dynamic_batching: { max_queue_size: 7 } },
      /max_queue_size is 7: must be an integer in 8\.\./],
    ['a queue that fills the memory',
      { input: [{ ...tensor, dims: [1_000_000] }], dynamic_batching: { max_queue_size: 1000 } },
      /1000 rows of 4000016 bytes/],
    ['a delay out of range', { dynamic_batching: { max_queue_delay_microseconds: -1 } },
      /max_queue_delay_microseconds is -1/],
    ['a GPU', { instance_group: [{ kind: 'KIND_GPU' }] },
      /instance_group\[0\]\.kind is "KIND_GPU": this server runs models on the CPU/],
    ['a GPU by number', { instance_group: [{ gpus: [0] }] }, /instance_group\[0\]\.gpus is \[0\]/],
    ['too many instances', { instance_group: { count: 257 } }, /instance_group\.count is 257/],
    ['an unknown placement', { parameters: { placement: 'moon' } },
      /parameters\.placement is "moon": must be one of auto, inline, pool/],
    ['an unknown backend', { parameters: { backend: 'webgl' } }, /parameters\.backend is "webgl"/],
    ['a nested parameter', { parameters: { a: { b: 1 } } }, /parameters\.a is \{"b":1\}/],
  ];
  for (const [what, more, message] of wrong) {
    test(`${what} is refused by its path`, () => {
      assert.throws(() => parse(more), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'bad_argument');
        assert.match(error.message, message);
        assert.match(error.message, /config\.json: /);
        return true;
      });
    });
  }

  test('what is no JSON, or no object, is refused by the file', () => {
    assert.throws(() => parseJson('{"a":', 'models/m/config.json'), /models\/m\/config\.json: /);
    for (const text of ['[]', 'null', '3']) {
      assert.throws(() => parseConfig(parseJson(text, 'f.json'), 'm', 'f.json'),
        /f\.json: the whole file is .*: must be an object/);
    }
  });
});
