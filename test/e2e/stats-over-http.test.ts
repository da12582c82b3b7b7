/** A server's own numbers, asked for over HTTP, beside what its callers were told. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Prng } from '../../server/core/prng.ts';
import { temporaryFolder, writeFiles } from '../support/model-repository.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { SocketClient } from '../support/socket-client.ts';
import { writeTimes } from '../support/times-model.ts';

interface Duration { count: number; ns: number }
type Durations = Record<string, Duration>;
interface Stats {
  name: string; version: string; inference_count: number; execution_count: number;
  inference_stats: Durations; batch_stats: ({ batch_size: number } & Durations)[];
}
interface Told { readonly rows: number; readonly code: string; readonly reason?: string }

/** Takes 3 ms a run, and fails rows of -1. */
const SLOW = `
export default () => ({
  run([x], rows, [y]) {
    const until = performance.now() + 3;
    while (performance.now() < until);
    for (let row = 0; row < rows; row += 1) {
      if (x[row] === -1) throw new Error('told to fail');
      y[row] = 2 * x[row];
    }
  },
});
`;
const MODELS = ['plain', 'cached', 'slow'];

suite('What a server says of itself', () => {
  let server: ServerProcess;
  before(async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'plain', { 1: 2 });
    writeTimes(repository, 'cached', { 1: 2 }, { response_cache: { enable: true } });
    writeTimes(repository, 'slow', {}, {
      platform: 'pipeline', parameters: { placement: 'pool' }, max_batch_size: 4,
      dynamic_batching: {
        max_queue_size: 24, priority_levels: 2, default_priority_level: 2, preferred_batch_size: [2],
        default_queue_policy: { allow_timeout_override: true },
      },
    });
    writeFiles(repository, { 'slow/1/pipeline.mjs': SLOW });
    server = await startServer(temporaryFolder(), undefined, 'auto', { VITRINE_MODELS: repository });
  });
  after(() => server.kill());

  async function statsOf(model: string): Promise<Stats> {
    const answer = await fetch(`${server.url}/v2/models/${model}/stats`);
    return ((await answer.json()) as { model_stats: Stats[] }).model_stats[0]!;
  }

  /** 200 requests of all kinds at once; resolves to what each was told. */
  async function askAll(model: string, seed: number): Promise<Told[]> {
    const prng = new Prng(seed);
    const client = await SocketClient.open(server.port, ['vitrine.v1.json']);
    const asked = new Map<number, number>(); // rows by id
    const told: Told[] = [];
    for (let id = 1; id <= 200; id += 1) {
      const rows = 1 + prng.below(3);
      const data = Array.from({ length: rows }, () => prng.below(5) - (model === 'slow' ? 1 : 0));
      const more = [
        {}, { deadline_ms: 1 + prng.below(30) }, { timeout_us: 1 + prng.below(9000) }, { priority: 1 },
      ][prng.below(4)];
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [rows, 1], data }];
      client.send(JSON.stringify({ id, op: 'infer', model, inputs, trace: true, ...more }));
      asked.set(id, rows);
      if (prng.below(8) === 0) {
        client.send(JSON.stringify({ id: 1000 + id, op: 'cancel', target: 1 + prng.below(id) }));
      }
      if (prng.below(5) === 0) await new Promise(setImmediate);
    }
    while (asked.size > 0) {
      const reply = JSON.parse((await client.next()).data.toString()) as {
        id: number; error?: { code: string }; timing?: { batch_reason: string } };
      if (reply.id > 1000) continue; // of a cancel
      const rows = asked.get(reply.id)!;
      asked.delete(reply.id);
      const reason = reply.timing?.batch_reason;
      told.push({ rows, code: reply.error?.code ?? 'ok', ...(reason ? { reason } : {}) });
    }
    await client.close();
    return told;
  }

  for (const model of MODELS) {
    test(`'${model}': its sums are those of its callers, to the last digit`, async () => {
      const told: Told[] = [];
      for (const seed of [1, 2, 3]) told.push(...(await askAll(model, seed)));
      const stats = await statsOf(model);
      const page = await (await fetch(`${server.url}/metrics`)).text();
      const metric = (name: string): number =>
        Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\d+)$`, 'm').exec(page)?.[1] ?? NaN);
      const labels = `model="${model}",version="1"`;

      const { success, fail, queue, compute_input, compute_infer, compute_output } =
        stats.inference_stats as Required<Durations>;
      const { cache_hit = { count: 0, ns: 0 }, cache_miss = { count: 0, ns: 0 } } = stats.inference_stats;
      const good = told.filter(({ code }) => code === 'ok');
      assert.deepEqual([success!.count, fail!.count], [good.length, told.length - good.length]);
      for (const phase of [compute_input!, compute_infer!, compute_output!]) {
        assert.equal(phase.count, success!.count - cache_hit.count);
      }
      const parts = [queue!, compute_input!, compute_infer!, compute_output!, cache_hit];
      assert.equal(parts.reduce((sum, { ns }) => sum + ns, 0), success!.ns);
      const sums = (of: (size: Stats['batch_stats'][number]) => number): number =>
        stats.batch_stats.reduce((sum, one) => sum + of(one), 0);
      assert.equal(sums((size) => size.compute_infer!.count), stats.execution_count);
      assert.equal(sums((size) => size.compute_infer!.count * size.batch_size), stats.inference_count);

      assert.equal(metric(`nv_inference_request_success{${labels}}`), good.length);
      const failures = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'].map((reason) =>
        metric(`nv_inference_request_failure{${labels},reason="${reason}"}`));
      const times = (...codes: string[]): number =>
        told.filter(({ code }) => codes.includes(code)).length;
      assert.deepEqual(failures,
        [times('overloaded', 'deadline'), times('cancelled'), times('backend'), 0]);
      if (model === 'cached') {
        assert.ok(cache_hit.count > 0 && cache_miss.count > 0);
        assert.equal(stats.execution_count > 0, true);
      } else {
        const rows = good.reduce((sum, one) => sum + one.rows, 0);
        assert.ok(stats.inference_count >= rows); // rows of those who were late, too
      }
      const reasons = [...page.matchAll(/^vitrine_batches_total\{(.*)\} (\d+)$/gm)]
        .filter(([, of]) => of!.includes(labels));
      const batches = reasons.reduce((sum, [, , count]) => sum + Number(count), 0);
      assert.ok(batches >= stats.execution_count, `${batches} batches, of which some failed`);
      for (const { reason } of good) if (reason) assert.ok(reasons.some(([, of]) => of!.includes(`"${reason}"`)));
      assert.ok(model !== 'slow' || times('deadline') + times('overloaded') > 0);
    });
  }
});
