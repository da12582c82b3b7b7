import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { httpRequest } from '../../../bench/lab/http-request.ts';
import { makeInputs } from '../../../bench/lab/inputs.ts';
import { readOptions } from '../../../bench/lab/load-options.ts';
import type { ModelInfo } from '../../../bench/lab/model-info.ts';
import { kserveRequest, socketRequest } from '../../../bench/lab/model-requests.ts';
import { parseHeaders, parseTarget } from '../../../bench/lab/parse-target.ts';
import { readResponse, replyReader } from '../../../bench/lab/replies.ts';
import { workloadOf } from '../../../bench/lab/template.ts';
import { codecFor } from '../../../server/client/codec.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrine-load-inputs-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const MODEL: ModelInfo = {
  name: 'm', version: '', batchMax: 8, statistics: false,
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [3], optional: false },
    { name: 'word', datatype: 'BYTES', shape: [-1], optional: false },
  ],
};
const OPTIONS = { data: 'random', batchSize: 2, shapes: { word: [1] }, stringLength: 4, seed: 1, count: 3 };
const refused = { name: 'LoadProblem' };
const by = { replies: { by: 'order' } } as const;

suite('Requests of a load test', () => {
  test('inputs have the shape of the model and the rows of the batch, the same for a seed', () => {
    const made = makeInputs(MODEL, OPTIONS);

    assert.equal(made.length, 3);
    assert.deepEqual(made[0]?.map(({ shape, data }) => [shape, data.length]), [[[2, 3], 24], [[2, 1], 16]]);
    assert.deepEqual(makeInputs(MODEL, OPTIONS), made);
    assert.notDeepEqual(makeInputs(MODEL, { ...OPTIONS, seed: 2 }), made);
    const zero = makeInputs(MODEL, { ...OPTIONS, data: 'zero' });
    assert.ok(zero[0]?.every(({ data }) => data.every((byte) => byte === 0)));
  });

  test('a file of inputs is read as perf_analyzer has it', () => {
    const path = join(folder, 'inputs.json');
    const x = [1, 2, 3];
    writeFileSync(path, JSON.stringify({ data: [
      { x, word: ['a'] },
      { x: { content: x, shape: [3] }, word: { content: ['b'], shape: [1] } },
      { x: { b64: Buffer.from(Float32Array.from(x).buffer).toString('base64') }, word: ['c'] },
    ] }));
    const made = makeInputs(MODEL, { ...OPTIONS, data: path, batchSize: 1, count: Infinity });

    assert.equal(made.length, 3);
    const bytes = [...new Uint8Array(Float32Array.from(x).buffer)];
    assert.ok(made.every((tensors) => Buffer.from(bytes).equals(tensors[0]?.data as Uint8Array)));
  });

  test('inputs that the model cannot take are refused in a line', () => {
    const path = join(folder, 'wrong.json');
    const wrong: unknown[] = [
      {}, { data: [] }, { data: [{ x: [1, 2, 3] }] }, { data: [{ x: [1], word: ['a'] }] },
      { data: [{ x: [1, 2, 'three'], word: ['a'] }] }, { data: [{ y: [1] }] }, { data: [null] },
    ];
    for (const file of wrong) {
      writeFileSync(path, JSON.stringify(file));
      assert.throws(() => makeInputs(MODEL, { ...OPTIONS, data: path }), refused, JSON.stringify(file));
    }
    writeFileSync(path, '{');
    assert.throws(() => makeInputs(MODEL, { ...OPTIONS, data: path }), refused);
    assert.throws(() => makeInputs(MODEL, { ...OPTIONS, batchSize: 9 }), refused);
    assert.throws(() => makeInputs(MODEL, { ...OPTIONS, shapes: {} }), { message: /--shape word/ });
  });

  test('a message has its id where the generator writes its own', () => {
    const [inputs = []] = makeInputs(MODEL, OPTIONS);
    const binary = socketRequest('msgpack', MODEL, inputs, { deadlineMs: 5 });
    const json = socketRequest('json', MODEL, inputs, {});
    const bytes = Buffer.from(binary.body);
    bytes.writeUInt32BE(77, binary.idAt ?? -1);
    const text = Buffer.from(json.body);
    text.write('12345678', json.idAt ?? -1);

    const said = codecFor('msgpack').decode(Uint8Array.from(bytes).buffer) as Record<string, unknown>;
    assert.deepEqual([said['id'], said['op'], said['model'], said['deadlineMs']], [77, 'infer', 'm', 5]);
    assert.equal((JSON.parse(text.toString()) as { id: number }).id, 12_345_678);
  });

  test('KServe requests say how long their JSON is, or hold their values', () => {
    const [inputs = []] = makeInputs(MODEL, OPTIONS);
    const binary = kserveRequest(MODEL, inputs, { input: 'binary', output: 'binary' }, {});
    const json = kserveRequest(MODEL, inputs, { input: 'json', output: 'json' }, { priority: 1 });

    const head = Number(binary.headers?.['inference-header-content-length']);
    const said = JSON.parse(Buffer.from(binary.body.subarray(0, head)).toString()) as {
      inputs: { parameters: { binary_data_size: number } }[];
    };
    assert.equal(binary.body.length, head + said.inputs.reduce((sum, one) => sum + one.parameters.binary_data_size, 0));
    const whole = JSON.parse(Buffer.from(json.body).toString()) as {
      inputs: { data: unknown[] }[];
      parameters: unknown;
    };
    assert.deepEqual(whole.inputs.map(({ data }) => data.length), [6, 2]);
    assert.deepEqual(whole.parameters, { binary_data_output: false, priority: 1 });
  });

  test('a request over HTTP has its host, its length and whatever headers were asked for', () => {
    const target = parseTarget('http://shop.example:81/a?b=c', 'http', { ...by, headers: { 'X-Key': 'k' } });
    const get = httpRequest(target, { body: new Uint8Array(0) }).toString();
    const own = { method: 'PUT', path: '/p', headers: { 'x-key': 'own' } };
    const put = httpRequest(target, { body: Buffer.from('é'), ...own }).toString();

    assert.equal(get, 'GET /a?b=c HTTP/1.1\r\nhost: shop.example:81\r\nx-key: k\r\n\r\n');
    assert.equal(put, 'PUT /p HTTP/1.1\r\nhost: shop.example:81\r\nx-key: own\r\ncontent-length: 2\r\n\r\né');
  });

  test('a target is a URL, or host and port', () => {
    const of = (url: string) => {
      const { transport, tls, host, port, path } = parseTarget(url, 'http', by);
      return [transport, tls, host, port, path];
    };
    assert.deepEqual(of('localhost:8000'), ['http', false, 'localhost', 8000, '/']);
    assert.deepEqual(of('wss://shop.example/live'), ['ws', true, 'shop.example', 443, '/live']);
    assert.deepEqual(of('ws://[::1]:9/ws'), ['ws', false, '::1', 9, '/ws']);
    for (const url of ['', 'ftp://x', 'http://', 'http://a:b@c', 'grpc://x:1', 'http://x:99999']) {
      assert.throws(() => parseTarget(url, 'http', by), refused, url);
    }
    assert.deepEqual(parseHeaders(['a: b', 'c:d: e']), { a: 'b', c: 'd: e' });
    for (const line of ['', 'a', ': b', 'a b: c', 'a: b\r\nc: d']) {
      assert.throws(() => parseHeaders([line]), refused, line);
    }
  });
});

suite('A template', () => {
  const read = (template: unknown, url = 'ws://127.0.0.1:9/live') => workloadOf(template, url, {}, 'the file');

  test('says where the id goes and how an answer is known', () => {
    const { target, requests, sequence, names } = read({
      requests: [
        { name: 'view', body: { id: '$ID', op: 'view' }, share: 3 },
        { name: 'buy', body: '{"id":$ID,"op":"buy"}' },
      ],
      id: '$ID', ok: '"ok"', shed: 'busy',
    });

    assert.deepEqual(target.replies, { by: 'id', idAfter: '"id":', ok: '"ok"', shed: 'busy' });
    assert.deepEqual(names, ['view', 'buy']);
    assert.deepEqual(sequence && [...sequence], [0, 0, 1, 0]);
    for (const { body, idAt = -1 } of requests) {
      assert.match(Buffer.from(body).toString(), /^\{"id":10000000,"op":"(view|buy)"\}$/);
      assert.equal(idAt, 6);
    }
  });

  test('over HTTP needs no id, and may be one GET', () => {
    const { target, requests } = read({ path: '/items?id=1' }, 'http://127.0.0.1:9');

    assert.equal(target.replies.by, 'order');
    assert.match(httpRequest(target, requests[0]!).toString(), /^GET \/items\?id=1 HTTP\/1\.1\r\n/);
  });

  test('that is none is refused in a line', () => {
    const wrong: unknown[] = [
      null, [], 'text', { request: [] }, { requests: [] }, { requests: [1] }, { requests: [{ bodi: '' }] },
      { body: 'no id', id: '$ID' }, { body: '$ID $ID', id: '$ID' }, { body: '', ok: 7 },
      { body: '', shedStatus: ['x'] }, { requests: [{ body: 'a', share: 0 }] },
      { requests: [{ body: 'a', share: -1 }] }, { body: 'a', headers: { b: 1 } },
    ];
    for (const template of wrong) assert.throws(() => read(template), refused, JSON.stringify(template));
  });
});

suite('Replies as Node reads them', () => {
  test('Vitrine’s own say what became of a request, and garbage says nothing', () => {
    const msgpack = replyReader({ by: 'msgpack' });
    const encode = (message: object) => Buffer.from(codecFor('msgpack').encode(message) as Uint8Array);
    const value = new Uint8Array(Float32Array.of(0.25).buffer);
    const outputs = [{ name: 'y', datatype: 'FP32', shape: [1], data: value }];

    assert.deepEqual(msgpack(encode({ id: 5, outputs })), { id: 5, outcome: 'answered', value: 0.25 });
    assert.equal(msgpack(encode({ id: 5, error: { code: 'overloaded' } })).outcome, 'shed');
    assert.equal(msgpack(encode({ id: 5, error: { code: 'backend' } })).outcome, 'failed');
    assert.equal(msgpack(encode({ outputs })).outcome, 'unreadable');
    assert.equal(msgpack(Buffer.from([0xc1, 1, 2])).outcome, 'unreadable');
    assert.equal(replyReader({ by: 'json' })(Buffer.from('{')).outcome, 'unreadable');
  });

  test('others go by status and marks', () => {
    const marks = { by: 'order', ok: '"y"', shed: 'busy', failed: 'no ', shedStatus: [509] } as const;
    const read = replyReader(marks);
    const of = (status: number, body: string) => readResponse(marks, read, status, Buffer.from(body)).outcome;

    assert.deepEqual(
      [
        of(200, '{"y":1}'), of(201, '{"y":1}'), of(200, 'busy "y"'), of(200, 'no "y"'), of(200, '{}'),
        of(509, '"y"'), of(500, '"y"'),
      ],
      ['answered', 'answered', 'shed', 'failed', 'failed', 'shed', 'failed'],
    );
    const byId = replyReader({ by: 'id', idAfter: '"n": ' });
    assert.deepEqual(byId(Buffer.from('{"n": "10000007"}')), { id: 10_000_007, outcome: 'answered' });
    assert.equal(byId(Buffer.from('{"m": 1}')).outcome, 'unreadable');
  });
});

suite('Words of vitrine bench load', () => {
  test('mean what perf_analyzer means by them', () => {
    const words = '-m intent -u h:1 -i ws -b 4 --concurrency-range 1:8:2 -p 1000 -s 20 -r 5 --percentile 95 -l 10';
    const found = readOptions(words.split(' '));

    assert.deepEqual(
      [found.model, found.url, found.protocol, found.batchSize, found.windowSeconds, found.stabilityPercent],
      ['intent', 'h:1', 'ws', 4, 1, 20],
    );
    assert.deepEqual(found.concurrency, { start: 1, end: 8, step: 2 });
    assert.deepEqual([found.trialsMax, found.percentile, found.sloUs], [5, 95, 10_000]);
    assert.deepEqual(readOptions(['-m', 'm']).concurrency, { start: 1, end: 1, step: 1 });
    assert.deepEqual(readOptions(['-m', 'm', '--shape', 'a:b:1,2']).shapes, { 'a:b': [1, 2] });
  });

  test('are refused in a line where they mean nothing', () => {
    const wrong = [
      '', '-m m -i grpc', '-m m -b 0', '-m m -b x', '-m m --concurrency-range 4:1',
      '-m m --concurrency-range 1.5', '-m m --concurrency-range 1:2:3:4', '-m m --request-rate-range 0',
      '-m m --percentile 100', '-m m --binary-search',
      '-m m --binary-search -l 5', '-m m --shape x', '-m m --shape x:-1', '-m m --request-distribution uniform',
      '-m m --concurrency-range 1 --request-rate-range 1', '-m m --concurrency-range 1:0', '-m m extra',
      '-m m -p 0',
      '-m m --measurement-mode some', '-m m --core=-1',
    ];
    for (const words of wrong) {
      assert.throws(() => readOptions(words.split(' ').filter(Boolean)), refused, words);
    }
  });
});
