import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { type Trace, Tracer } from '../../../server/observe/tracer.ts';
import { temporaryFolder } from '../../support/model-repository.ts';

const traceOf = (requestId: string): Trace =>
  ({ model: 'm', version: '2', requestId, batchReason: 'full',
    timestamps: [{ name: 'REQUEST_START', ns: 5 }] });
const log = new Log('error', () => {});

suite('Tracer', () => {
  test('every so many a request is sampled, until the count is reached', () => {
    const tracer = new Tracer('file', log);
    assert.equal(tracer.sample('m'), false); // off

    tracer.change(undefined, { level: 'TIMESTAMPS', rate: 3, count: 2 });
    const sampled = Array.from({ length: 12 }, () => tracer.sample('m'));

    assert.deepEqual(sampled.map(Number).join(''), '001001000000');
    assert.equal(tracer.settings().count, 0);
  });

  test('a model may be traced alone, or left out', () => {
    const tracer = new Tracer('file', log);

    tracer.change('a', { level: 'TIMESTAMPS', rate: 1 });
    assert.deepEqual([tracer.sample('a'), tracer.sample('b')], [true, false]);
    tracer.change('a', { level: null, rate: null });
    tracer.change(undefined, { level: 'TIMESTAMPS', rate: 1 });
    tracer.change('b', { level: 'OFF' });
    assert.deepEqual([tracer.sample('a'), tracer.sample('b')], [true, false]);
  });

  test('traces are written in lists of as many as were asked for, the rest at the end', async () => {
    const file = join(temporaryFolder(), 'traces.json');
    const tracer = new Tracer(file, log);
    tracer.change(undefined, { level: 'TIMESTAMPS', frequency: 2 });

    for (const id of ['a', '', 'c']) tracer.add(traceOf(id));
    await tracer.close();

    const read = (name: string): unknown => JSON.parse(readFileSync(name, 'utf8'));
    const timestamps = [{ name: 'REQUEST_START', ns: 5 }];
    assert.deepEqual(read(`${file}.0`), [
      { id: 1, model_name: 'm', model_version: 2, request_id: 'a', batch_reason: 'full' },
      { id: 1, timestamps },
      { id: 2, model_name: 'm', model_version: 2, batch_reason: 'full' }, { id: 2, timestamps },
    ]);
    assert.deepEqual(read(`${file}.1`), [
      { id: 3, model_name: 'm', model_version: 2, request_id: 'c', batch_reason: 'full' },
      { id: 3, timestamps },
    ]);
    assert.equal(existsSync(file), false);
  });

  test('without a frequency there is one file, and a file that cannot be written is logged', async () => {
    const lines: string[] = [];
    const file = join(temporaryFolder(), 'traces.json');
    const good = new Tracer(file, log);
    const bad = new Tracer('/nowhere/at/all', new Log('error', (line) => lines.push(line)));
    for (const tracer of [good, bad]) tracer.add(traceOf('a'));

    await Promise.all([good.close(), bad.close()]);

    assert.equal((JSON.parse(readFileSync(file, 'utf8')) as object[]).length, 2);
    assert.match(lines[0]!, /traces are lost/);
  });
});
