import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Metrics } from '../../../server/observe/metrics.ts';

suite('Metrics', () => {
  test('a counter shows what was added to it, under one heading per name', () => {
    const metrics = new Metrics();
    const mlp = metrics.counter('requests_total', 'Requests', { model: 'mlp' });
    metrics.counter('requests_total', 'Requests', { model: 'a"b\\c' });

    mlp.value += 3;
    assert.deepEqual([metrics.total('requests_total'), metrics.total('none')], [3, 0]);

    assert.equal(
      metrics.text(),
      '# HELP requests_total Requests\n# TYPE requests_total counter\n' +
        'requests_total{model="mlp"} 3\nrequests_total{model="a\\"b\\\\c"} 0\n',
    );
  });

  test('a gauge is read when the page is asked for', () => {
    const metrics = new Metrics();
    let depth = 1;
    metrics.gauge('queue_depth', 'Waiting', {}, () => depth);

    depth = 7;

    assert.match(metrics.text(), /^queue_depth 7$/m);
  });

  test('what comes and goes is made anew for each page', () => {
    const metrics = new Metrics();
    let model = 'a';
    metrics.include(() => {
      const now = new Metrics();
      now.gauge('ready', 'Ready', { model }, () => 1);
      return now;
    });

    assert.match(metrics.text(), /^ready\{model="a"\} 1$/m);
    model = 'b';
    assert.doesNotMatch(metrics.text(), /"a"/);
  });

  test('a histogram ends with +Inf, sum and count', () => {
    const metrics = new Metrics();
    metrics.histogram('run_us', 'Runs', { model: 'm' }, () => ({
      bounds: [10, 100],
      counts: [1, 3],
      count: 4,
      sum: 512.5,
    }));

    const lines = metrics.text().trim().split('\n');

    assert.deepEqual(lines.slice(2), [
      'run_us_bucket{model="m",le="10"} 1',
      'run_us_bucket{model="m",le="100"} 3',
      'run_us_bucket{model="m",le="+Inf"} 4',
      'run_us_sum{model="m"} 512.5',
      'run_us_count{model="m"} 4',
    ]);
  });

  test('a name cannot be a counter and a gauge', () => {
    const metrics = new Metrics();
    metrics.counter('x', 'x');

    assert.throws(() => metrics.gauge('x', 'x', {}, () => 0), /registered as a counter/);
  });
});
