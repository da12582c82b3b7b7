/** What the server and its models say of themselves, request bytes to answer bytes. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { parseConfig } from '../../server/catalog/parse-config.ts';
import { checkVector, openKserveServer, type Vector } from '../support/kserve-server.ts';

const error = (text: string): string => JSON.stringify({ error: text });
const SERVER = '{"name":"vitrine","version":"1.2.3","extensions":["classification",' +
  '"sequence","sequence(string_id)","model_configuration","model_repository","model_repository(unload_dependents)",' +
  '"binary_tensor_data","parameters","statistics","schedule_policy","trace","logging"]}';
const SUM = '{"name":"sum","versions":["1"],"platform":"plain",' +
  '"inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],' +
  '"outputs":[{"name":"y","datatype":"FP32","shape":[-1,1]}]}';
const CONFIG = '{"name":"sum","platform":"plain","backend":"plain",' +
  '"version_policy":{"latest":{"num_versions":1}},"max_batch_size":8,' +
  '"input":[{"name":"x","data_type":"TYPE_FP32","dims":[4],"format":"FORMAT_NONE",' +
  '"is_shape_tensor":false,"allow_ragged_batch":false,"optional":false}],' +
  '"output":[{"name":"y","data_type":"TYPE_FP32","dims":[1],"label_filename":"labels.txt",' +
  '"is_shape_tensor":false}],' +
  '"instance_group":[{"name":"sum_0","kind":"KIND_CPU","count":2}],"dynamic_batching":';
const STATS = '{"model_stats":[{"name":"sum","version":"1","last_inference":1700000000002,' +
  '"inference_count":3,"execution_count":2,"inference_stats":{' +
  '"success":{"count":3,"ns":5501000},"fail":{"count":1,"ns":7000},"queue":{"count":3,"ns":3500000},' +
  '"compute_input":{"count":3,"ns":70},"compute_infer":{"count":3,"ns":2000830},' +
  '"compute_output":{"count":3,"ns":100},"cache_hit":{"count":0,"ns":0},' +
  '"cache_miss":{"count":0,"ns":0}},"response_stats":{},"batch_stats":[' +
  '{"batch_size":1,"compute_input":{"count":1,"ns":10},"compute_infer":{"count":1,"ns":999970},' +
  '"compute_output":{"count":1,"ns":20}},' +
  '{"batch_size":2,"compute_input":{"count":1,"ns":30},"compute_infer":{"count":1,"ns":500430},' +
  '"compute_output":{"count":1,"ns":40}}],' +
  '"memory_usage":[{"type":"CPU","id":0,"byte_size":640}]}]}';

const VECTORS: readonly Vector[] = [
  { title: 'the server', path: '/v2', status: 200, answer: SERVER },
  { title: 'the server, with a slash', path: '/v2/', status: 200, answer: SERVER },
  { title: 'it lives', path: '/v2/health/live', status: 200, answer: '{"live":true}' },
  {
    title: 'it is ready',
    path: '/v2/health/ready', status: 200, answer: '{"ready":true,"live":true}',
  },
  { title: 'a model', path: '/v2/models/sum', status: 200, answer: SUM },
  { title: 'a version', path: '/v2/models/sum/versions/1', status: 200, answer: SUM },
  { title: 'a name with escapes', path: '/v2/models/s%75m', status: 200, answer: SUM },
  {
    title: 'a model without a batch dimension',
    path: '/v2/models/pair', status: 200,
    answer: '{"name":"pair","versions":["1"],"platform":"plain","inputs":[' +
      '{"name":"a","datatype":"INT32","shape":[2]},{"name":"b","datatype":"INT32","shape":[2]}],' +
      '"outputs":[{"name":"c","datatype":"INT32","shape":[2]},' +
      '{"name":"d","datatype":"INT32","shape":[2]}]}',
  },
  {
    title: 'a model that is ready',
    path: '/v2/models/sum/ready', status: 200, answer: '{"name":"sum","ready":true}',
  },
  { title: 'statistics of all', path: '/v2/models/stats', status: 200, answer: STATS },
  { title: 'statistics of a model', path: '/v2/models/sum/stats', status: 200, answer: STATS },
  {
    title: 'statistics of a version', path: '/v2/models/sum/versions/1/stats', status: 200,
    answer: STATS,
  },
  {
    title: 'statistics of a model that has none',
    path: '/v2/models/pair/stats', status: 200, answer: '{"model_stats":[]}',
  },
  ...['', '/ready', '/config', '/stats'].map((below): Vector => ({
    title: `${below || 'metadata'} of an unknown model`,
    path: `/v2/models/foo${below}`, status: 404,
    answer: error("Request for unknown model: 'foo' is not found"),
  })),
  ...['', '/ready', '/config', '/stats'].map((below): Vector => ({
    title: `${below || 'metadata'} of an unknown version`,
    path: `/v2/models/sum/versions/9${below}`, status: 404,
    answer: error("Request for unknown model: 'sum' version 9 is not found"),
  })),
  ...['/v2', '/v2/health/live', '/v2/models/sum', '/v2/models/sum/ready', '/v2/models/sum/config',
    '/v2/models/sum/stats', '/v2/models/stats'].map((path): Vector => ({
    title: `POST ${path} is not there`,
    method: 'POST', path, body: '', status: 405, answer: error('Method Not Allowed'),
    answerHeaders: { allow: 'GET, HEAD' },
  })),
  {
    title: 'an unknown path', path: '/v2/models/sum/nothing', status: 404,
    answer: error('there is no such path: /v2/models/sum/nothing'),
  },
];

suite('KServe v2 metadata, request bytes to answer bytes', () => {
  let server: Awaited<ReturnType<typeof openKserveServer>>;
  before(async () => (server = await openKserveServer()));
  after(() => server.close());

  for (const vector of VECTORS) test(vector.title, () => checkVector(server.port, vector));

  test('a model that is not ready is 400, with the reason', async () => {
    const { lanes, port } = server;
    lanes.ready = () => false;
    await checkVector(port, {
      title: '', path: '/v2/models/sum/ready', status: 400,
      answer: '{"name":"sum","ready":false,"error":"Model version not ready"}',
    });
  });

  test('a configuration as it is answered is one that a load takes', async () => {
    const reply = await fetch(`http://127.0.0.1:${server.port}/v2/models/sum/config`);
    const { parameters, ...read } = parseConfig(await reply.json(), 'sum');
    const { parameters: own, ...config } = server.parts.details.config();

    assert.deepEqual(read, config);
    assert.deepEqual(parameters, own);
  });

  test("a model's configuration is Triton's ModelConfig", async () => {
    const reply = await fetch(`http://127.0.0.1:${server.port}/v2/models/sum/config`);
    const text = await reply.text();

    assert.ok(text.startsWith(CONFIG), text);
    const config = JSON.parse(text) as Record<string, unknown>;
    assert.equal(
      (config.dynamic_batching as Record<string, unknown>).max_queue_delay_microseconds, 0);
    assert.deepEqual(
      [config.parameters, config.response_cache, config.model_transaction_policy],
      [
        { note: { string_value: 'a sum' }, placement: { string_value: 'auto' },
          backend: { string_value: 'wasm' } },
        { enable: false },
        { decoupled: false },
      ]);
  });
});
