/** The harness tests itself: what it says of servers whose slowness is known. No test asserts a speed. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { generate, whyNotNative, type GeneratorChoice } from '../../bench/lab/generate.ts';
import { measure } from '../../bench/lab/measure.ts';
import { parseTarget } from '../../bench/lab/parse-target.ts';
import type { Plan } from '../../bench/lab/plan.ts';
import { OUTCOMES, type Run } from '../../bench/lab/run.ts';
import { schedule } from '../../bench/lab/schedule.ts';
import type { Request, Target } from '../../bench/lab/target.ts';
import { startServer } from '../../bench/process.ts';

const SYNTHETIC = join(process.cwd(), 'dist/test/support/synthetic-server.js');

/** A server of known slowness; gone when the test ends. */
async function synthetic(t: TestContext, serviceMs: number, pauseAtMs = 0, pauseMs = 0): Promise<number> {
  const server = await startServer([SYNTHETIC, serviceMs, pauseAtMs, pauseMs].map(String), {}, null);
  t.after(() => server.stop());
  return server.port;
}

const BODY = Buffer.from('{"id":10000000,"x":1}');
const request = (more: Partial<Request> = {}): Request => ({ body: BODY, idAt: 6, text: true, ...more });

function targetOf(port: number, transport: 'ws' | 'http', path = '/'): Target {
  const replies = transport === 'ws'
    ? ({ by: 'id', idAfter: '"id":', shed: 'overloaded' } as const)
    : ({ by: 'order' } as const);
  return parseTarget(`${transport}://127.0.0.1:${port}${path}`, 'http', { replies });
}

/** Other work shares the machine: what the generator's own lag proves is another test's. */
const PATIENT = { lagUsMax: Infinity, drainSeconds: 10 } as const;

const poisson = (rate: number, seconds: number) =>
  ({ loop: 'open', seconds, due: schedule({ law: 'poisson', rate }, seconds, 7) }) as const;

function countsOf(run: Run): Record<string, number> {
  const counts = OUTCOMES.map((name, i) => [name, run.outcome.filter((one) => one === i).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const missing = whyNotNative({ target: targetOf(1, 'ws') });
const GENERATORS: readonly [GeneratorChoice, string | false][] = [['native', missing ?? false], ['node', false]];

for (const [generator, skip] of GENERATORS) {
  suite(`The harness, with the ${generator} generator`, { skip }, () => {
    const play = (plan: Omit<Plan, 'drainSeconds'>) => generate({ ...PATIENT, ...plan }, { generator });

    for (const transport of ['ws', 'http'] as const) {
      test(`${transport}: a server that pauses for a second shows it at p99.9 in an open loop`, async (t) => {
        const port = await synthetic(t, 0, 300, 1000);
        const target = targetOf(port, transport);

        const run = await play({ target, requests: [request()], connections: 16, load: poisson(400, 2) });

        const { fromDue, counts } = measure(run, { warmUpSeconds: 0 });
        assert.equal(counts.answered, run.due.length);
        assert.ok(fromDue.p999 >= 0.9e6, JSON.stringify(fromDue));
        assert.ok(fromDue.p99 >= 0.8e6, JSON.stringify(fromDue)); // half of all that was due waited
      });

      test(`${transport}: a generator that waits for answers hides the pause`, async (t) => {
        const target = targetOf(await synthetic(t, 2, 300, 1000), transport);
        const load = { loop: 'closed', concurrency: 1, seconds: 10, requestsMax: 300 } as const;

        const run = await play({ target, requests: [request()], connections: 1, load });

        const { fromSent } = measure(run, { warmUpSeconds: 0 });
        assert.ok(fromSent.max >= 0.9e6, JSON.stringify(fromSent)); // one request has felt it
        assert.ok(fromSent.p99 <= 0.3e6, JSON.stringify(fromSent)); // and p99 knows nothing of it
      });

      test(`${transport}: a known time of service is found within 5 %`, async (t) => {
        const target = targetOf(await synthetic(t, 200), transport);
        const plan = { target, requests: [request()], connections: 32, load: poisson(40, 2) };
        const found: number[] = [];

        // A machine that is busy with else adds to it; a harness that errs would err each time.
        for (let tries = 0; tries < 3 && !found.some((us) => us <= 210_000); tries += 1) {
          const run = await play(plan);
          const { fromDue, counts } = measure(run, { warmUpSeconds: 0 });
          assert.equal(counts.answered, run.due.length);
          assert.ok(fromDue.min >= 199_000, String(fromDue.min));
          found.push(fromDue.p50);
        }

        assert.ok(found.some((us) => us <= 210_000), found.join());
      });
    }

    test('the clock that starts at the send hides what requests wait for a connection', async (t) => {
      const target = targetOf(await synthetic(t, 0, 300, 1000), 'http');

      const run = await play({ target, requests: [request()], connections: 2, load: poisson(300, 2) });

      const { fromDue, fromSent } = measure(run, { warmUpSeconds: 0 });
      assert.ok(fromDue.p99 >= 0.8e6, JSON.stringify(fromDue));
      assert.ok(fromSent.p99 <= 0.3e6, JSON.stringify(fromSent));
    });

    test('rows are in the order of the schedule, each with the kind of its request', async (t) => {
      const target = targetOf(await synthetic(t, 0), 'ws');
      const requests = [request({ kind: 7 }), request(), request({ body: Buffer.from('{"id":10000000,"busy":1}') })];
      const load = { loop: 'open', seconds: 1, due: Float64Array.from({ length: 120 }, (_, i) => i / 200) } as const;

      const run = await play({ target, requests, sequence: Uint32Array.of(0, 1, 1, 2), connections: 3, load });

      assert.deepEqual([...run.kind.subarray(0, 8)], [7, 1, 1, 2, 7, 1, 1, 2]);
      assert.ok(run.due.every((due, i) => Math.abs(due - i / 200) < 1e-6 && (run.sent[i] as number) >= due - 1e-6));
      assert.deepEqual(countsOf(run), { answered: 90, shed: 30 });
      assert.ok(run.outcome.every((outcome, i) => outcome === (run.kind[i] === 2 ? 1 : 0)));
    });

    test('over HTTP bodies come in chunks, connections close, and a status says what is shed', async (t) => {
      const port = await synthetic(t, 0);
      const busy: Request = { body: Buffer.from('busy') };
      const load = { loop: 'closed', concurrency: 4, seconds: 5, requestsMax: 60 } as const;
      const requests = [request({ path: '/chunks' }), request({ path: '/close' }), busy];

      const run = await play({ target: targetOf(port, 'http'), requests, connections: 4, load });

      assert.deepEqual(countsOf(run), { answered: 40, shed: 20 });
    });

    test('a server that goes away leaves failures, and does not hang the run', async (t) => {
      const server = await startServer([SYNTHETIC, '5', '0', '0'], {}, null);
      t.after(() => server.stop());
      setTimeout(() => void server.stop(), 500);

      const run = await play({
        target: targetOf(server.port, 'http'), requests: [request()], connections: 4, load: poisson(200, 1.5),
      });

      const counts = countsOf(run);
      assert.ok((counts['answered'] ?? 0) > 10 && (counts['failed'] ?? 0) > 50, JSON.stringify(counts));
      assert.equal((counts['answered'] ?? 0) + (counts['failed'] ?? 0) + (counts['unanswered'] ?? 0), run.due.length);
    });

    test('a run ends early where whoever watches says so', async (t) => {
      const target = targetOf(await synthetic(t, 0), 'ws');
      const seen: number[] = [];
      const watch = { windowSeconds: 0.2, see: ({ at }: { at: number }) => seen.push(at) === 3 };

      const run = await generate(
        { ...PATIENT, target, requests: [request()], connections: 2, load: poisson(200, 30) },
        { generator, watch },
      );

      assert.equal(seen.length, 3);
      assert.ok(run.seconds < 10, String(run.seconds));
      assert.ok(run.due.every((due) => due <= run.seconds));
    });

    test('a generator that lags behind its schedule has no result', async (t) => {
      const target = targetOf(await synthetic(t, 0), 'ws');
      const plan = { target, requests: [request()], connections: 1, load: poisson(500, 1), lagUsMax: 1 };

      await assert.rejects(generate(plan, { generator }), { name: 'GeneratorLate', exitCode: 3 });
    });

    test('a server that is not there, and a plan that is none, are refused in a line', async () => {
      const plan = { target: targetOf(1, 'ws'), requests: [request()], connections: 1, load: poisson(10, 1) };

      await assert.rejects(generate(plan, { generator }), { name: 'LoadProblem', exitCode: 1 });
      await assert.rejects(generate({ ...plan, requests: [] }, { generator }), { name: 'LoadProblem' });
      await assert.rejects(generate({ ...plan, sequence: Uint32Array.of(9) }, { generator }), { name: 'LoadProblem' });
      const long = { ...plan, requests: [request({ idAt: 15 })] };
      await assert.rejects(generate(long, { generator }), { name: 'LoadProblem' });
      await assert.rejects(generate({ ...plan, connections: 0 }, { generator }), { name: 'LoadProblem' });
    });
  });
}
