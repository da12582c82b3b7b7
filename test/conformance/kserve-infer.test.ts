/** Request bytes to answer bytes for every rule of `infer`. */
import { after, before, suite, test } from 'node:test';
import { gzipSync, deflateSync, gunzipSync, inflateSync } from 'node:zlib';
import assert from 'node:assert/strict';
import { packTexts } from '../../server/core/tensor.ts';
import {
  checkVector, exchange, openKserveServer, requestBytes, type Vector, withBinary,
} from '../support/kserve-server.ts';

const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const ints = (...values: number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);
const texts = (...values: string[]): Buffer =>
  Buffer.from(packTexts(values.map((value) => Buffer.from(value))));
const SUM = '/v2/models/sum/infer';
const x = (fields: object): object => ({ name: 'x', shape: [1, 4], datatype: 'FP32', ...fields });
const sumOf = (more: object, fields: object = { data: [1, 2, 3, 4] }): string =>
  JSON.stringify({ ...more, inputs: [x(fields)] });
const SUM_HEAD = '{"model_name":"sum","model_version":"1","outputs":[';
const TEN = `${SUM_HEAD}{"name":"y","datatype":"FP32","shape":[1,1],"data":[10]}]}`;
const TEN_BINARY =
  `${SUM_HEAD}{"name":"y","datatype":"FP32","shape":[1,1],"parameters":{"binary_data_size":4}}]}`;
const error = (text: string): string => JSON.stringify({ error: text });
const echo = (datatype: string, data: unknown): string => JSON.stringify(
  { inputs: [{ name: 'x', shape: [1, 2], datatype, data }] });
const echoed = (datatype: string, data: string): string =>
  `{"model_name":"${datatype.toLowerCase()}","model_version":"1","outputs":[{"name":"y",` +
  `"datatype":"${datatype}","shape":[1,2],"data":${data}}]}`;
const binaryX = { parameters: { binary_data_size: 16 } };

const JSON_VECTORS: readonly Vector[] = [
  {
    title: 'data may be flat',
    path: SUM, body: sumOf({}), status: 200, answer: TEN,
    answerHeaders: { 'content-type': 'application/json', 'inference-header-content-length': '' },
  },
  {
    title: 'data may be nested as the shape says',
    path: SUM, body: sumOf({}, { data: [[1, 2, 3, 4]] }), status: 200, answer: TEN,
  },
  {
    title: 'a version is named in the path and echoed in the answer',
    path: '/v2/models/sum/versions/1/infer', body: sumOf({}), status: 200, answer: TEN,
  },
  {
    title: 'an id is given back',
    path: SUM, body: sumOf({ id: 'q-1' }), status: 200,
    answer: TEN.replace('"outputs"', '"id":"q-1","outputs"'),
  },
  { title: 'an empty id is none', path: SUM, body: sumOf({ id: '' }), status: 200, answer: TEN },
  {
    title: 'parameters of any name are taken, where their values are plain',
    path: SUM, status: 200, answer: TEN,
    body: sumOf({ parameters: { mine: 'a', count: 3, on: true, timeout: 5_000_000, priority: 2,
      sequence_id: 0, sequence_start: false, sequence_end: false, headers: 'none' } }),
  },
  {
    title: 'with the parameter trace the answer says how the run went',
    path: SUM, body: sumOf({ parameters: { trace: true } }), status: 200,
    answer: TEN.replace('"outputs"',
      '"parameters":{"queue_us":0,"run_us":0,"batch_rows":1,"batch_reason":"idle"},"outputs"'),
  },
  {
    title: 'outputs are chosen by name, in the order they are named',
    path: '/v2/models/pair/infer', status: 200,
    body: JSON.stringify({
      inputs: [{ name: 'b', shape: [2], datatype: 'INT32', data: [3, 4] },
        { name: 'a', shape: [2], datatype: 'INT32', data: [1, 2] }],
      outputs: [{ name: 'd' }],
    }),
    answer: '{"model_name":"pair","model_version":"1","outputs":[' +
      '{"name":"d","datatype":"INT32","shape":[2],"data":[3,4]}]}',
  },
  ...([
    ['BOOL', [true, false], '[true,false]'],
    ['UINT8', [0, 255], '[0,255]'],
    ['UINT16', [0, 65_535], '[0,65535]'],
    ['UINT32', [0, 4_294_967_295], '[0,4294967295]'],
    ['INT8', [-128, 127], '[-128,127]'],
    ['INT16', [-32_768, 32_767], '[-32768,32767]'],
    ['INT32', [-2_147_483_648, 2_147_483_647], '[-2147483648,2147483647]'],
    ['FP32', [0.5, -2], '[0.5,-2]'],
    ['FP64', [0.1, -1e300], '[0.1,-1e+300]'],
  ] as const).map(([datatype, data, answer]): Vector => ({
    title: `${datatype} comes and goes as JSON`,
    path: `/v2/models/${datatype.toLowerCase()}/infer`, body: echo(datatype, data), status: 200,
    answer: echoed(datatype, answer),
  })),
  {
    title: 'INT64 keeps every digit beyond 2^53',
    path: '/v2/models/int64/infer', status: 200,
    body: echo('INT64', 'N').replace('"N"', '[9007199254740993,-9223372036854775808]'),
    answer: echoed('INT64', '[9007199254740993,-9223372036854775808]'),
  },
  {
    title: 'UINT64 keeps every digit beyond 2^53',
    path: '/v2/models/uint64/infer', status: 200,
    body: echo('UINT64', 'N').replace('"N"', '[18446744073709551615,9007199254740993]'),
    answer: echoed('UINT64', '[18446744073709551615,9007199254740993]'),
  },
  ...['FP16', 'BF16'].map((datatype): Vector => ({
    title: `${datatype} is refused as JSON`,
    path: `/v2/models/${datatype.toLowerCase()}/infer`, body: echo(datatype, [1, 2]), status: 400,
    answer: error(`Unable to parse 'inputs': receiving ${datatype} data via JSON is not supported. ` +
      'Please use the binary data format for input x'),
  })),
];

const BINARY_VECTORS: readonly Vector[] = [
  {
    title: 'a tensor stands behind the JSON, its length in binary_data_size',
    path: SUM, ...withBinary({ inputs: [x(binaryX)] }, floats(1, 2, 3, 4)), status: 200, answer: TEN,
  },
  {
    title: 'binary_data_output asks for every output in binary',
    path: SUM, body: sumOf({ parameters: { binary_data_output: true } }), status: 200,
    answer: Buffer.concat([Buffer.from(TEN_BINARY), floats(10)]),
    answerHeaders: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(TEN_BINARY.length),
    },
  },
  {
    title: 'binary_data of an output stands above binary_data_output',
    path: SUM, status: 200, answer: TEN,
    body: sumOf({ parameters: { binary_data_output: true },
      outputs: [{ name: 'y', parameters: { binary_data: false } }] }),
  },
  {
    title: 'binary outputs stand behind the JSON in its order, beside those that are JSON',
    path: '/v2/models/pair/infer', status: 200,
    ...withBinary({
      inputs: [
        { name: 'a', shape: [2], datatype: 'INT32', parameters: { binary_data_size: 8 } },
        { name: 'b', shape: [2], datatype: 'INT32', parameters: { binary_data_size: 8 } },
      ],
      outputs: [{ name: 'd', parameters: { binary_data: true } }, { name: 'c' }],
    }, ints(1, 2), ints(3, 4)),
    answer: Buffer.concat([
      Buffer.from('{"model_name":"pair","model_version":"1","outputs":[' +
        '{"name":"d","datatype":"INT32","shape":[2],"parameters":{"binary_data_size":8}},' +
        '{"name":"c","datatype":"INT32","shape":[2],"data":[1,2]}]}'),
      ints(3, 4),
    ]),
  },
  ...['FP16', 'BF16'].map((datatype): Vector => ({
    title: `${datatype} comes and goes in binary`,
    path: `/v2/models/${datatype.toLowerCase()}/infer`, status: 200,
    ...withBinary({
      parameters: { binary_data_output: true },
      inputs: [{ name: 'x', shape: [1, 2], datatype, parameters: { binary_data_size: 4 } }],
    }, Buffer.from([0, 0x3c, 0, 0x40])),
    answer: Buffer.concat([
      Buffer.from(`{"model_name":"${datatype.toLowerCase()}","model_version":"1","outputs":[` +
        `{"name":"y","datatype":"${datatype}","shape":[1,2],` +
        '"parameters":{"binary_data_size":4}}]}'),
      Buffer.from([0, 0x3c, 0, 0x40]),
    ]),
  })),
  {
    title: 'an output that has no JSON form is refused, and not sent as something else',
    path: '/v2/models/fp16/infer', status: 400,
    ...withBinary({
      inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP16', parameters: { binary_data_size: 4 } }],
    }, Buffer.from([0, 0x3c, 0, 0x40])),
    answer: error('sending FP16 data via JSON is not supported. Please use the binary data format ' +
      'for output'),
  },
  {
    title: 'a raw request is the bytes of the only input, one row; its outputs come in binary',
    path: SUM, body: floats(1, 2, 3, 4), headers: { 'Inference-Header-Content-Length': '0' },
    status: 200, answer: Buffer.concat([Buffer.from(TEN_BINARY), floats(10)]),
    answerHeaders: { 'inference-header-content-length': String(TEN_BINARY.length) },
  },
  {
    title: 'a raw request of another length is refused',
    path: SUM, body: floats(1, 2), headers: { 'Inference-Header-Content-Length': '0' }, status: 400,
    answer: error("input byte size mismatch for input 'x' for model 'sum'. Expected 16, got 8"),
  },
  {
    title: 'a raw request to a model of two inputs is refused',
    path: '/v2/models/pair/infer', body: ints(1, 2),
    headers: { 'Inference-Header-Content-Length': '0' }, status: 400,
    answer: error('Raw request must only have 1 input (found 1) to be deduced but got 2 inputs in ' +
      "'pair' model configuration"),
  },
];

/** The same JSON with other bytes behind it, and with too few: what is known of it is not them. */
const AGAIN: readonly Vector[] = [[1, 2, 3, 4], [5, 6, 7, 8]].map((values): Vector => ({
  title: `the same JSON before ${values.join()}`,
  path: SUM, ...withBinary({ inputs: [x(binaryX)] }, floats(...values)), status: 200,
  answer: TEN.replace('10', String(values.reduce((sum, value) => sum + value))),
}));

const CLASS_HEAD = '{"model_name":"fp32","model_version":"1","outputs":[';
const classified = (data: number[], shape: number[], parameters: object): string => JSON.stringify({
  inputs: [{ name: 'x', shape, datatype: 'FP32', data }], outputs: [{ name: 'y', parameters }],
});
const CLASS_VECTORS: readonly Vector[] = [
  {
    title: 'classification gives the highest elements of each row, with index and label',
    path: '/v2/models/fp32/infer', status: 200,
    body: classified([0.25, 0.75, 2, 2], [2, 2], { classification: 1 }),
    answer: `${CLASS_HEAD}{"name":"y","datatype":"BYTES","shape":[2,1],` +
      '"data":["0.750000:1:chair","2.000000:0:lamp"]}]}',
  },
  {
    title: 'classes come in binary too, no more of them than there are elements',
    path: '/v2/models/fp32/infer', status: 200,
    body: classified([0.25, 0.75], [1, 2], { classification: 5, binary_data: true }),
    answer: Buffer.concat([
      Buffer.from(`${CLASS_HEAD}{"name":"y","datatype":"BYTES","shape":[1,2],` +
        '"parameters":{"binary_data_size":39}}]}'),
      texts('0.750000:1:chair', '0.250000:0:lamp'),
    ]),
  },
  {
    title: 'classes of a type without order are refused',
    path: '/v2/models/bool/infer', status: 400,
    body: JSON.stringify({
      inputs: [{ name: 'x', shape: [1, 2], datatype: 'BOOL', data: [true, false] }],
      outputs: [{ name: 'y', parameters: { classification: 1 } }],
    }),
    answer: error("class result not available for output due to unsupported type 'BOOL'"),
  },
];

const PACKED: readonly Vector[] = [
  {
    title: 'a body may come as gzip',
    path: SUM, body: gzipSync(sumOf({})), headers: { 'Content-Encoding': 'gzip' }, status: 200,
    answer: TEN,
  },
  {
    title: 'a body may come as deflate, in the framing of zlib; its header length is unpacked',
    path: SUM, status: 200, answer: TEN,
    body: deflateSync(withBinary({ inputs: [x(binaryX)] }, floats(1, 2, 3, 4)).body),
    headers: {
      ...withBinary({ inputs: [x(binaryX)] }).headers, 'Content-Encoding': 'deflate',
    },
  },
  {
    title: 'a body that unpacks to more than a body may have is refused',
    path: SUM, body: gzipSync(Buffer.alloc(200_000)), headers: { 'Content-Encoding': 'gzip' },
    status: 413,
    answer: error('the message is larger than the limit: a body may have 100000 bytes, unpacked'),
  },
  {
    title: 'a body that is no gzip is refused',
    path: SUM, body: '{}', headers: { 'Content-Encoding': 'gzip' }, status: 400,
    answer: error('the request does not decode: the body is no gzip: incorrect header check'),
  },
  {
    title: 'a small answer is not packed',
    path: SUM, body: sumOf({}), headers: { 'Accept-Encoding': 'gzip, deflate' }, status: 200,
    answer: TEN, answerHeaders: { 'content-encoding': '' },
  },
];

suite('KServe v2 infer, request bytes to answer bytes', () => {
  let server: Awaited<ReturnType<typeof openKserveServer>>;
  before(async () => (server = await openKserveServer()));
  after(() => server.close());

  const groups = { JSON: JSON_VECTORS, binary: BINARY_VECTORS, classes: CLASS_VECTORS,
    packed: PACKED, again: AGAIN };
  for (const [group, vectors] of Object.entries(groups)) {
    for (const vector of vectors) {
      test(`${group}: ${vector.title}`, () => checkVector(server.port, vector));
    }
  }

  for (const [header, encoding, unpack] of [
    ['gzip;q=0.5, deflate', 'deflate', inflateSync],
    ['br, gzip', 'gzip', gunzipSync],
  ] as const) {
    test(`packed: an answer of 1 KiB is packed as '${header}' likes best`, async () => {
      const data = new Array(32).fill(1);
      const id = 'q'.repeat(1000);
      const body = sumOf({ id }, { shape: [8, 4], data });
      const headers = { 'Accept-Encoding': header };
      const request = { title: '', path: SUM, body, headers, status: 200, answer: '' };

      const answer = await exchange(server.port, requestBytes(request));

      assert.equal(answer.headers['content-encoding'], encoding);
      assert.equal(JSON.parse(unpack(answer.body).toString()).id, id);
    });
  }
});
