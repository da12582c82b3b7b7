/** The model repository, request bytes to answer bytes. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { FakeRepository } from '../support/fake-repository.ts';
import { checkVector, openKserveServer, type Vector } from '../support/kserve-server.ts';

const error = (text: string): string => JSON.stringify({ error: text });
const INDEX = '/v2/repository/index';
const LOAD = '/v2/repository/models/sum/load';
const UNLOAD = '/v2/repository/models/sum/unload';
const READY = '{"name":"sum","version":"1","state":"READY"}';
const ALL = '[{"name":"broken","state":"UNAVAILABLE","reason":"the runtime failed: cut short"},' +
  `{"name":"idle"},${READY}]`;
const withParameters = (parameters: unknown): string => JSON.stringify({ parameters });

const VECTORS: readonly Vector[] = [
  { title: 'the index, of all models', path: INDEX, body: '', status: 200, answer: ALL },
  { title: 'the index by an empty map', path: INDEX, body: '{}', status: 200, answer: ALL },
  {
    title: 'the index of those that are ready',
    path: INDEX, body: '{"ready":true}', status: 200, answer: `[${READY}]`,
  },
  {
    title: 'an index with another ready', path: INDEX, body: '{"ready":"yes"}', status: 400,
    answer: error("Unable to parse 'ready': ready: expected true or false, got \"yes\""),
  },
  { title: 'a load', path: LOAD, body: '', status: 200, answer: '' },
  {
    title: 'a load with the parameters of tritonclient',
    path: LOAD, body: '{"parameters":{}}', status: 200, answer: '',
  },
  {
    title: 'a load of a model that is not there',
    path: '/v2/repository/models/foo/load', body: '', status: 404,
    answer: error("failed to load 'foo', failed to poll from model repository"),
  },
  {
    title: 'a load of a model that is broken',
    path: '/v2/repository/models/broken/load', body: '', status: 500,
    answer: error(
      "failed to load 'broken', no version is available: the runtime failed: cut short"),
  },
  {
    title: 'files without a configuration',
    path: LOAD, body: withParameters({ 'file:1/model.onnx': 'AAAA' }), status: 400,
    answer: error("parameter 'config' must be given where files are"),
  },
  {
    title: 'a configuration that nests without end',
    path: LOAD, body: withParameters({ config: '['.repeat(20) }), status: 400,
    answer: error("Unable to parse 'config': JSON, character 16: maps and lists may nest 16 deep"),
  },
  {
    title: 'a configuration that is a map and no text',
    path: LOAD, body: withParameters({ config: {} }), status: 400,
    answer: error("Unable to parse 'config': it must be a string"),
  },
  {
    title: 'a file that is no base64',
    path: LOAD, body: withParameters({ config: '{}', 'file:1/m': '@' }), status: 400,
    answer: error("Unable to parse 'file:1/m': it must be base64"),
  },
  {
    title: 'another parameter',
    path: LOAD, body: withParameters({ other: 'x' }), status: 400,
    answer: error("unexpected parameter 'other': a load takes 'config' and 'file:VERSION/NAME'"),
  },
  {
    title: 'an unload, with the parameters of tritonclient',
    path: UNLOAD, body: withParameters({ unload_dependents: false }), status: 200, answer: '',
  },
  {
    title: 'an unload with its dependents',
    path: UNLOAD, body: withParameters({ unload_dependents: true }), status: 200, answer: '',
  },
  {
    title: 'an unload with another unload_dependents',
    path: UNLOAD, body: withParameters({ unload_dependents: 1 }), status: 400,
    answer: error("Unable to parse 'unload_dependents': parameters.unload_dependents: expected true " +
      'or false, got 1'),
  },
  {
    title: 'an unload of a model that is not there',
    path: '/v2/repository/models/foo/unload', body: '', status: 404,
    answer: error("failed to unload 'foo', failed to poll from model repository"),
  },
  {
    title: 'a repository by name',
    path: '/v2/repository/mine/models/sum/load', body: '', status: 501,
    answer: error("'repository_name' specification is not supported"),
  },
  ...[INDEX, LOAD, UNLOAD].map((path): Vector => ({
    title: `GET ${path} is not there`, path, status: 405, answer: error('Method Not Allowed'),
    answerHeaders: { allow: 'POST' },
  })),
];

suite('KServe v2 repository, request bytes to answer bytes', () => {
  let server: Awaited<ReturnType<typeof openKserveServer>>;
  before(async () => (server = await openKserveServer()));
  after(() => server.close());

  for (const vector of VECTORS) test(vector.title, () => checkVector(server.port, vector));

  test('a load carries configuration and files', async () => {
    const files = { 'file:1/model.onnx': Buffer.from('weights').toString('base64') };
    const body = withParameters({ config: '{"platform":"plain"}', ...files });

    await checkVector(server.port, { title: '', path: LOAD, body, status: 200, answer: '' });

    const { asked } = server.parts.repository as FakeRepository;
    assert.deepEqual(asked.at(-1), ['load', 'sum', {
      config: { platform: 'plain' }, files: new Map([['1/model.onnx', Buffer.from('weights')]]),
    }]);
  });
});

suite('KServe v2 repository that clients may not change', () => {
  test('loads and unloads are refused, the index is not', async () => {
    const server = await openKserveServer({ control: false });
    try {
      const refused = error('explicit model load / unload is not allowed: set ' +
        'VITRINE_MODEL_CONTROL to explicit');
      for (const path of [LOAD, UNLOAD]) {
        await checkVector(server.port, { title: '', path, body: '', status: 501, answer: refused });
      }
      await checkVector(server.port, { title: '', path: INDEX, body: '', status: 200, answer: ALL });
    } finally {
      await server.close();
    }
  });
});
