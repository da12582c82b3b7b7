/** Every refusal of `infer`, request bytes to answer bytes. */
import { after, before, suite, test } from 'node:test';
import { FAILURES, ServeError } from '../../server/core/errors.ts';
import {
  checkAnswer, checkVector, openKserveServer, type Vector, withBinary,
} from '../support/kserve-server.ts';

const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const SUM = '/v2/models/sum/infer';
const x = (fields: object): object => ({ name: 'x', shape: [1, 4], datatype: 'FP32', ...fields });
const sumOf = (more: object, fields: object = { data: [1, 2, 3, 4] }): string =>
  JSON.stringify({ ...more, inputs: [x(fields)] });
const error = (text: string): string => JSON.stringify({ error: text });
const binaryX = { parameters: { binary_data_size: 16 } };

const UNKNOWN = '[request id: <id_unknown>]';
const REFUSED: readonly Vector[] = [
  {
    title: 'an unknown model',
    path: '/v2/models/foo/infer', body: sumOf({}), status: 404,
    answer: error("Request for unknown model: 'foo' is not found"),
  },
  {
    title: 'an unknown version',
    path: '/v2/models/sum/versions/9/infer', body: sumOf({}), status: 404,
    answer: error("Request for unknown model: 'sum' version 9 is not found"),
  },
  {
    title: 'an input of another name',
    path: SUM, body: sumOf({ id: 'q' }, { name: 'z', data: [1, 2, 3, 4] }), status: 400,
    answer: error("[request id: q] expected 1 inputs but got 1 inputs for model 'sum'. Got input(s) " +
      "['z'], but missing required input(s) ['x']. Please provide all required input(s)."),
  },
  {
    title: 'an output of another name',
    path: SUM, body: sumOf({ outputs: [{ name: 'z' }] }), status: 400,
    answer: error(`${UNKNOWN} unexpected inference output 'z' for model 'sum', which gives 'y'`),
  },
  {
    title: 'another datatype',
    path: SUM, body: sumOf({}, { datatype: 'INT32', data: [1, 2, 3, 4] }), status: 400,
    answer: error(
      `${UNKNOWN} inference input 'x' data-type is 'INT32', but model 'sum' expects 'FP32'`),
  },
  {
    title: 'texts for a model of numbers',
    path: SUM, body: sumOf({}, { datatype: 'BYTES', data: ['a', 'b', 'c', 'd'] }), status: 400,
    answer: error(
      `${UNKNOWN} inference input 'x' data-type is 'BYTES', but model 'sum' expects 'FP32'`),
  },
  {
    title: 'another shape',
    path: SUM, body: sumOf({}, { shape: [1, 3], data: [1, 2, 3] }), status: 400,
    answer: error(`${UNKNOWN} unexpected shape for input 'x' for model 'sum'. Expected [-1,4], got ` +
      '[1,3]. NOTE: the first size is the number of rows (max_batch_size)'),
  },
  {
    title: 'more rows than a batch has',
    path: SUM, body: sumOf({}, { shape: [9, 4], data: new Array(36).fill(1) }), status: 400,
    answer: error(
      `${UNKNOWN} inference request batch-size must be <= 8 for 'sum' and at least 1, got 9`),
  },
  {
    title: 'fewer elements than the shape says',
    path: SUM, body: sumOf({}, { data: [1, 2] }), status: 400,
    answer: error(
      "Unable to parse 'inputs': inputs[0].data: shape [1,4] needs 4 elements, got 2"),
  },
  {
    title: 'neither data nor binary_data_size',
    path: SUM, body: sumOf({}, {}), status: 400,
    answer: error("Input must set only one of the following fields: 'data', 'binary_data_size' in " +
      "'parameters', 'shared_memory_region' in 'parameters'. But no field is set"),
  },
  {
    title: 'both',
    path: SUM, body: sumOf({}, { data: [1, 2, 3, 4], ...binaryX }), status: 400,
    answer: error("Input must set only one of the following fields: 'data', 'binary_data_size' in " +
      "'parameters', 'shared_memory_region' in 'parameters'. But set 'data' 'binary_data_size'"),
  },
  {
    title: 'shared memory',
    path: SUM, body: sumOf({}, { parameters: { shared_memory_region: 'r' } }), status: 501,
    answer: error('shared memory is not supported: send the tensor itself'),
  },
  {
    title: 'bytes that are missing behind the JSON',
    path: SUM, ...withBinary({ inputs: [x(binaryX)] }, floats(1, 2, 3)), status: 400,
    answer: error("unexpected size for input 'x', expecting 4 additional bytes for model 'sum'"),
  },
  {
    title: 'bytes that no input asks for',
    path: SUM, ...withBinary({ inputs: [x(binaryX)] }, floats(1, 2, 3, 4, 5)), status: 400,
    answer: error("unexpected additional input data for model 'sum'"),
  },
  {
    title: 'a binary_data_size that is not the size of the shape',
    path: SUM, status: 400,
    ...withBinary({ inputs: [x({ parameters: { binary_data_size: 8 } })] }, floats(1, 2)),
    answer: error("input byte size mismatch for input 'x' for model 'sum'. Expected 16, got 8"),
  },
  {
    title: 'texts whose lengths do not add up',
    path: SUM, status: 400,
    ...withBinary({ inputs: [x({ datatype: 'BYTES', parameters: { binary_data_size: 5 } })] },
      Buffer.from([9, 0, 0, 0, 65])),
    answer: error("Unable to parse 'inputs': 'x' BYTES[1,4] needs 4 elements with their lengths, " +
      'the last of which is cut short'),
  },
  {
    title: 'a header length that is no number',
    path: SUM, body: sumOf({}), headers: { 'Inference-Header-Content-Length': 'ten' }, status: 400,
    answer: error('Unable to parse Inference-Header-Content-Length, got: ten'),
  },
  {
    title: 'a header length beyond the body',
    path: SUM, body: '{}', headers: { 'Inference-Header-Content-Length': '3' }, status: 400,
    answer: error('inference header size should be in range (0, 2), got: 3'),
  },
  {
    title: 'a negative header length',
    path: SUM, body: '{}', headers: { 'Inference-Header-Content-Length': '-1' }, status: 400,
    answer: error('inference header size should be in range (0, 2), got: -1'),
  },
  {
    title: 'a parameter that is Triton\'s own',
    path: SUM, body: sumOf({ parameters: { triton_enable_empty_final_response: true } }), status: 400,
    answer: error("parameter keys starting with 'triton_' are reserved for Triton usage and should " +
      'not be specified.'),
  },
  {
    title: 'a parameter that is neither text, number nor boolean',
    path: SUM, body: sumOf({ parameters: { mine: [1] } }), status: 400,
    answer: error(
      "parameter 'mine' has invalid type. It should be either 'int', 'bool', or 'string'."),
  },
  {
    title: 'a priority that is no count',
    path: SUM, body: sumOf({ parameters: { priority: -1 } }), status: 400,
    answer: error("Unable to parse 'priority': parameters.priority: expected an integer of at least " +
      '0, got -1'),
  },
  {
    title: 'a sequence, for a model that takes none',
    path: SUM, body: sumOf({ parameters: { sequence_id: 5, sequence_start: true } }), status: 501,
    answer: error("'sequence_id': model 'sum' takes no sequences"),
  },
  {
    title: 'a method that is not there',
    method: 'GET', path: SUM, status: 405, answer: error('Method Not Allowed'),
    answerHeaders: { allow: 'POST' },
  },
  {
    title: 'an encoding that is not known',
    path: SUM, body: sumOf({}), headers: { 'Content-Encoding': 'br' }, status: 501,
    answer: error('Unsupported compression type'),
    answerHeaders: { 'accept-encoding': 'gzip, deflate' },
  },
];

suite('KServe v2 infer refuses, in Triton\'s words,', () => {
  let server: Awaited<ReturnType<typeof openKserveServer>>;
  before(async () => (server = await openKserveServer()));
  after(() => server.close());

  for (const vector of REFUSED) test(vector.title, () => checkVector(server.port, vector));

  for (const [code, answer, headers] of [
    ['deadline', '[request id: q] Request timeout expired', { 'x-shed-reason': 'deadline' }],
    ['draining', 'the server is shutting down', { 'retry-after': '1' }],
    ['cancelled', 'the request was cancelled', {}],
    ['backend', 'the runtime failed: cut short', {}],
  ] as const) {
    test(`a request that ends with ${code} says so`, async () => {
      const lane = server.lanes.lane('sum');
      lane.prompt = false;
      const asked = checkAnswer(server.port, {
        title: '', path: SUM, body: sumOf({ id: 'q', parameters: { timeout: 1000 } }),
        status: FAILURES[code].status, answer: error(answer), answerHeaders: headers,
      });
      while (lane.waiting.length === 0) await new Promise(setImmediate);

      lane.fail(new ServeError(code, code === 'backend' ? 'cut short' : ''));

      await asked;
      lane.prompt = true;
    });
  }

  test('a full queue is 503 with Retry-After and the reason', async () => {
    const lane = server.lanes.lane('sum');
    lane.take = () => null;
    await checkVector(server.port, {
      title: '', path: SUM, body: sumOf({ id: 'q' }), status: 503,
      answer: error("[request id: q] Exceeds maximum queue size: 'sum' has no room for 1 more rows"),
      answerHeaders: { 'retry-after': '1', 'x-shed-reason': 'overloaded' },
    });
    delete (lane as { take?: unknown }).take;
  });
});
