/** Trace settings, logging and shared memory, request bytes to answer bytes. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Trace, Tracer } from '../../server/observe/tracer.ts';
import { Log } from '../../server/core/log.ts';
import { checkVector, openKserveServer, type Vector } from '../support/kserve-server.ts';

const error = (text: string): string => JSON.stringify({ error: text });
const TRACE = '/v2/trace/setting';
const MODEL = '/v2/models/sum/trace/setting';
const setting = (level: string, rate: string, count: string, frequency: string): string =>
  `{"trace_level":["${level}"],"trace_rate":"${rate}","trace_count":"${count}",` +
  `"log_frequency":"${frequency}","trace_file":"traces.json"}`;
const refused = (title: string, body: object, text: string, status = 400): Vector =>
  ({ title, path: TRACE, body: JSON.stringify(body), status, answer: error(text) });
const changed = (title: string, path: string, body: object, answer: string): Vector =>
  ({ title, path, body: JSON.stringify(body), status: 200, answer });

/** In this order: each stands on those before it. */
const VECTORS: readonly Vector[] = [
  { title: 'settings at start', path: TRACE, status: 200, answer: setting('OFF', '1000', '-1', '0') },
  changed('some are changed, the others stay', TRACE,
    { trace_level: ['TIMESTAMPS'], trace_rate: '5' }, setting('TIMESTAMPS', '5', '-1', '0')),
  {
    title: "a model without its own has those of all",
    path: MODEL, status: 200, answer: setting('TIMESTAMPS', '5', '-1', '0'),
  },
  changed('a model has its own', MODEL, { trace_count: '7', log_frequency: '2' },
    setting('TIMESTAMPS', '5', '7', '2')),
  changed('null gives a model those of all again', MODEL, { trace_count: null },
    setting('TIMESTAMPS', '5', '-1', '2')),
  changed('null gives all what they had at start', TRACE,
    { trace_level: null, trace_rate: null, trace_count: null, log_frequency: null },
    setting('OFF', '1000', '-1', '0')),
  changed('nothing changes nothing', TRACE, {}, setting('OFF', '1000', '-1', '0')),
  refused('OFF beside another level', { trace_level: ['OFF', 'TIMESTAMPS'] },
    "Expect only one trace level 'OFF' is specified"),
  refused('tensors', { trace_level: ['TENSORS'] }, "trace level 'TENSORS' is not supported", 501),
  refused('a rate that is no number', { trace_rate: 'x' }, "Unable to parse 'trace_rate', got: x"),
  refused('a rate that is no text', { trace_rate: 5 }, "Unable to parse 'trace_rate', got: 5"),
  refused('a count below -1', { trace_count: '-2' },
    "Unable to parse 'trace_count', value is out of range [ -1, 2147483647 ], got: -2"),
  refused('the file', { trace_file: '/etc/passwd' },
    'trace file location can not be updated through network protocol', 501),
  {
    title: 'settings of an unknown model', path: '/v2/models/foo/trace/setting', status: 404,
    answer: error("Request for unknown model: 'foo' is not found"),
  },
  {
    title: 'logging at start', path: '/v2/logging', status: 200,
    answer: '{"log_file":"","log_info":false,"log_warning":true,"log_error":true,' +
      '"log_verbose_level":0,"log_format":"ISO8601"}',
  },
  changed('logging is changed', '/v2/logging',
    { log_info: true, log_warning: false, log_verbose_level: 2, log_format: 'ISO8601' },
    '{"log_file":"","log_info":true,"log_warning":false,"log_error":true,' +
      '"log_verbose_level":1,"log_format":"ISO8601"}'),
  {
    title: 'a log file', path: '/v2/logging', body: '{"log_file":"x"}', status: 501,
    answer: error('log file location can not be updated through network protocol'),
  },
  {
    title: 'another log format', path: '/v2/logging', body: '{"log_format":"default"}', status: 501,
    answer: error('invalid argument for log_format, got: default: lines are JSON with times as ' +
      'ISO8601'),
  },
  ...['system', 'cuda'].flatMap((kind) => ['', '/region/r'].flatMap((region) =>
    (['status', 'register', 'unregister'] as const).map((action): Vector => ({
      title: `${kind} shared memory${region}: ${action}`,
      path: `/v2/${kind}sharedmemory${region}/${action}`,
      ...(action === 'status' ? {} : { body: '{}' }),
      status: 501,
      answer: error('shared memory is not supported: send the tensor itself'),
    })))),
];

suite('KServe v2 settings, request bytes to answer bytes', () => {
  let server: Awaited<ReturnType<typeof openKserveServer>>;
  const log = new Log('warn', () => {});
  before(async () => {
    server = await openKserveServer({ tracer: new Tracer('traces.json', log), log });
  });
  after(() => server.close());

  for (const vector of VECTORS) test(vector.title, () => checkVector(server.port, vector));

  test('a level that is switched off is not written', () => {
    const lines: string[] = [];
    const own = new Log('info', (line) => lines.push(line));
    own.on.info = false;
    own.info('one');
    own.error('two');
    assert.deepEqual(lines.map((line) => (JSON.parse(line) as { what: string }).what), ['two']);
  });

  test('an infer that is sampled is traced from its arrival to its end', async () => {
    const traces: Trace[] = [];
    const tracer = new Tracer('traces.json', log);
    tracer.add = (trace) => traces.push(trace);
    tracer.change(undefined, { level: 'TIMESTAMPS', rate: 1 });
    const other = await openKserveServer({ tracer });
    const inputs = [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }];
    await checkVector(other.port, {
      title: '', path: '/v2/models/sum/infer', body: JSON.stringify({ id: 'q', inputs }), status: 200,
      answer: '{"model_name":"sum","model_version":"1","id":"q","outputs":[' +
        '{"name":"y","datatype":"FP32","shape":[1,1],"data":[10]}]}',
    });
    await other.close();

    const [{ timestamps, ...trace }] = traces as [Trace];
    assert.deepEqual(trace, { model: 'sum', version: '1', requestId: 'q', batchReason: 'idle' });
    assert.deepEqual(timestamps.map(({ name }) => name),
      ['REQUEST_START', 'QUEUE_START', 'COMPUTE_START', 'COMPUTE_END', 'REQUEST_END']);
  });

  test('without a file nothing can be traced', async () => {
    const other = await openKserveServer();
    await checkVector(other.port, {
      title: '', path: TRACE, body: '{"trace_level":["TIMESTAMPS"]}', status: 501,
      answer: error('there is no trace file: set VITRINE_TRACE_FILE'),
    });
    await other.close();
  });
});
