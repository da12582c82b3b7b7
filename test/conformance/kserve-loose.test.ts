/** Texts, and sizes that each request brings: a request's bytes and those of its answer. */
import { after, before, suite, test } from 'node:test';
import { packTexts } from '../../server/core/tensor.ts';
import { checkVector, openKserveServer, type Vector, withBinary } from '../support/kserve-server.ts';

const texts = (...list: string[]): Uint8Array => packTexts(list.map((text) => Buffer.from(text)));
const error = (text: string): string => JSON.stringify({ error: text });
const bytes = (shape: number[], more: object) => ({ name: 'x', shape, datatype: 'BYTES', ...more });
const size = (data: Uint8Array) => ({ parameters: { binary_data_size: data.byteLength } });
const RAW = { 'Inference-Header-Content-Length': '0' };
const TEXT = '/v2/models/text/infer';
const THREE = '/v2/models/bytes/infer';
const OPEN = '/v2/models/open/infer';
const one = texts('灯 1');
const ONE_HEAD = '{"model_name":"text","model_version":"1","outputs":[{"name":"y","datatype":"BYTES",' +
  `"shape":[1,1],"parameters":{"binary_data_size":${one.byteLength}}}]}`;

const VECTORS: readonly Vector[] = [
  {
    title: 'texts in JSON, nested as their shape',
    path: THREE, body: JSON.stringify({ inputs: [bytes([2, 3], { data: [['a', '', '灯'], ['"', '\\', 'é']] })] }),
    status: 200,
    answer: '{"model_name":"bytes","model_version":"1","outputs":[{"name":"y","datatype":"BYTES",' +
      '"shape":[2,3],"data":["a","","灯","\\"","\\\\","é"]}]}',
  },
  {
    title: 'texts behind the JSON, back in JSON',
    path: THREE, ...withBinary({ inputs: [bytes([1, 3], size(texts('a', '', 'b')))] }, texts('a', '', 'b')),
    status: 200,
    answer: '{"model_name":"bytes","model_version":"1","outputs":[{"name":"y","datatype":"BYTES",' +
      '"shape":[1,3],"data":["a","","b"]}]}',
  },
  {
    title: 'fewer texts than the shape asks for',
    path: THREE, ...withBinary({ inputs: [bytes([1, 3], size(texts('a', 'b')))] }, texts('a', 'b')),
    status: 400,
    answer: error("Unable to parse 'inputs': 'x' BYTES[1,3] needs 3 elements with their lengths, got 2"),
  },
  {
    title: 'a text cut short',
    path: TEXT, ...withBinary({ inputs: [bytes([1, 1], size(one.subarray(1)))] }, one.subarray(1)),
    status: 400,
    answer: error("Unable to parse 'inputs': 'x' BYTES[1,1] needs 1 elements with their lengths, " +
      'the last of which is cut short'),
  },
  {
    title: 'a number among texts',
    path: TEXT, body: JSON.stringify({ inputs: [bytes([1, 1], { data: [7] })] }), status: 400,
    answer: error("Unable to parse 'inputs': inputs[0].data: element 0: expected text, got 7"),
  },
  {
    title: 'a raw request to a model of one text is that text, without its length',
    path: TEXT, body: '灯 1', headers: RAW, status: 200,
    answer: Buffer.concat([Buffer.from(ONE_HEAD), one]),
    answerHeaders: { 'inference-header-content-length': String(Buffer.byteLength(ONE_HEAD)) },
  },
  {
    title: 'a raw request to a model of three texts is refused',
    path: THREE, body: 'a', headers: RAW, status: 400,
    answer: error("For BYTE datatype raw input 'x', the model must have input shape [1]"),
  },
  ...[1, 3].map((count): Vector => ({
    title: `a size left open is ${count}`,
    path: OPEN,
    body: JSON.stringify({
      inputs: [{ name: 'x', shape: [2, count], datatype: 'INT32', data: Array(2 * count).fill(count) }],
    }),
    status: 200,
    answer: '{"model_name":"open","model_version":"1","outputs":[{"name":"y","datatype":"INT32",' +
      `"shape":[2,${count}],"data":[${Array(2 * count).fill(count).join()}]}]}`,
  })),
  {
    title: 'a raw request whose length says the open size',
    path: OPEN, body: Buffer.from(Int32Array.of(4, 5).buffer), headers: RAW, status: 200,
    answer: Buffer.concat([
      Buffer.from('{"model_name":"open","model_version":"1","outputs":[{"name":"y","datatype":"INT32",' +
        '"shape":[1,2],"parameters":{"binary_data_size":8}}]}'),
      Buffer.from(Int32Array.of(4, 5).buffer),
    ]),
  },
  {
    title: 'another number of dimensions than the open sizes have',
    path: OPEN, body: JSON.stringify({ inputs: [{ name: 'x', shape: [2], datatype: 'INT32', data: [1, 2] }] }),
    status: 400,
    answer: error("[request id: <id_unknown>] unexpected shape for input 'x' for model 'open'. " +
      'Expected [-1,-1], got [2]. NOTE: the first size is the number of rows (max_batch_size)'),
  },
  {
    title: 'metadata of texts',
    path: '/v2/models/bytes', status: 200,
    answer: '{"name":"bytes","versions":["1"],"platform":"plain","inputs":[{"name":"x","datatype":"BYTES",' +
      '"shape":[-1,3]}],"outputs":[{"name":"y","datatype":"BYTES","shape":[-1,3]}]}',
  },
  {
    title: 'metadata of open sizes',
    path: '/v2/models/open', status: 200,
    answer: '{"name":"open","versions":["1"],"platform":"plain","inputs":[{"name":"x","datatype":"INT32",' +
      '"shape":[-1,-1]}],"outputs":[{"name":"y","datatype":"INT32","shape":[-1,-1]}]}',
  },
];

suite('KServe v2: texts and open sizes', () => {
  let server: Awaited<ReturnType<typeof openKserveServer>>;
  before(async () => (server = await openKserveServer()));
  after(() => server.close());
  for (const vector of VECTORS) test(vector.title, () => checkVector(server.port, vector));
});
