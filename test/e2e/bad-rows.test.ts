/**
 * The shipped encoder fails a whole ONNX run for one item number that is not in its vocabulary.
 * Requests of different callers share a run: only the one at fault may notice.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { InferRequest } from '../../server/core/inference.ts';
import { float32View } from '../../server/core/tensor.ts';
import type { ModelHost } from '../../server/serve.ts';
import { openHost } from '../support/host.ts';
import { temporaryFolder } from '../support/model-repository.ts';

const SHIPPED = join(process.cwd(), 'models', 'repository', 'session-encoder');
const LENGTH = 20;

/** The shipped encoder with a placement of its own. */
async function hostOf(placement: 'inline' | 'pool'): Promise<ModelHost> {
  const repository = temporaryFolder();
  const folder = join(repository, 'session-encoder');
  cpSync(SHIPPED, folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(SHIPPED, 'config.json'), 'utf8')) as object;
  const placed = JSON.stringify({ ...config, parameters: { placement } });
  writeFileSync(join(folder, 'config.json'), placed);
  return openHost(repository);
}

/** A request of rows that each start with one of these numbers. */
function encode(...firsts: number[]): InferRequest {
  const items = new Int32Array(firsts.length * LENGTH);
  firsts.forEach((first, row) => (items[row * LENGTH] = first));
  const data = new Uint8Array(items.buffer);
  const shape = [firsts.length, LENGTH];
  return { model: 'session-encoder', inputs: [{ name: 'items', datatype: 'INT32', shape, data }] };
}

suite('Rows that a model cannot run', () => {
  for (const placement of ['inline', 'pool'] as const) {
    test(`only the requests that hold them fail, each by its own value: ${placement}`, async () => {
      const host = await hostOf(placement);
      const bad = new Map([[5, 99_999_999], [23, 88_888_888], [24, 77_777_777], [40, 66_666_666]]);
      const alone = await Promise.all([1, 2, 3].map((item) => host.infer(encode(item))));
      const right = alone.map(({ outputs: [vector] }) => float32View(vector!));

      const asked = Array.from({ length: 60 }, (_, at) =>
        host.infer(bad.has(at) ? encode(1, bad.get(at) as number) : encode(1 + (at % 3))));
      const ends = await Promise.allSettled(asked);

      ends.forEach((end, at) => {
        if (end.status === 'fulfilled') {
          const vector = float32View(end.value.outputs[0]!);
          const want = right[at % 3]!;
          assert.ok(vector.every((value, d) => Math.abs(value - want[d]!) < 1e-5), `request ${at}`);
          assert.ok(!bad.has(at));
          return;
        }
        const { code, message } = end.reason as { code: string; message: string };
        assert.equal(code, 'backend');
        assert.ok(bad.has(at), `request ${at} failed with another's: ${message}`);
        assert.match(message, new RegExp(`idx=${bad.get(at)} `));
      });
      assert.ok(ends.some((end) => end.status === 'fulfilled' && end.value.timing.batchRows > 8),
        'the requests shared runs');
      await host.close();
    });
  }

  test('ONNX Runtime writes nothing to stderr of its own', () => {
    const runtime = new URL('../../server/runtime/onnx.js', import.meta.url).href;
    const parse = new URL('../../server/catalog/parse-config.js', import.meta.url).href;
    const script = `
      const { OnnxRuntime } = await import('${runtime}');
      const { parseConfig } = await import('${parse}');
      const { readFileSync } = await import('node:fs');
      const json = JSON.parse(readFileSync(process.argv[1] + '/config.json', 'utf8'));
      const config = parseConfig(json, 'session-encoder');
      const model = await new OnnxRuntime().open(process.argv[1] + '/1', config);
      const items = new Int32Array(${LENGTH}).fill(99999999);
      try { model.run([items], 1, [new Float32Array(32)]); } catch { process.exitCode = 7; }`;
    const args = ['--input-type=module', '-e', script, SHIPPED];
    const child = spawnSync(process.execPath, args, { encoding: 'utf8' });

    assert.deepEqual([child.status, child.stderr], [7, '']);
  });
});
