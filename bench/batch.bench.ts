/**
 * What a request costs from its lane's `take` to its answer, model included: run inline on this
 * thread, in the pool, and by ONNX Runtime's own interface one row at a time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededMlp } from '../models/recipes/dense.ts';
import type { Job, Lane } from '../server/batch/lane.ts';
import { Log } from '../server/core/log.ts';
import { ModelHost } from '../server/serve.ts';
import type { Bench } from './bench.ts';
import { interleave, nsPerItem, spread } from './harness.ts';
import { openModel } from './peers/model.ts';
import { withRatios, type Row } from './report.ts';
import { writeModel } from './repository.ts';
import { digest, makeCases } from './requests.ts';

const MODEL = seededMlp(7, [32, 256, 128, 1], 'sigmoid');
const CASES = makeCases(MODEL, 64, 11);
const BASE = 'ONNX Runtime, a run a request';
const SIZES = {
  full: { leastMs: 400, turns: 9 },
  quick: { leastMs: 100, turns: 5 },
  smoke: { leastMs: 1, turns: 1 },
} as const;

export const bench: Bench = {
  packages: ['onnxruntime-node', 'piscina'],
  async run({ size, say }) {
    const { leastMs, turns } = SIZES[size];
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'));
    writeModel(MODEL, folder, 'inline', 'inline');
    const file = writeModel(MODEL, folder, 'pooled', 'pool');
    const host = await ModelHost.open(folder, {
      workers: 1, runMsMax: 10_000, inlineUsMax: 200, drainMsMax: 1000, log: new Log('error'),
    });
    const peer = await openModel(file);
    const rows: Row[] = [];
    try {
      for (const together of [1, 16, 64]) {
        const name = together === 1 ? 'requests one by one' : `${together} requests at once`;
        say(name);
        const lists = CASES.slice(0, together).map(({ row }) => Array.from(row));
        const sides: [string, () => Promise<void>][] = [
          ['inline', viaLane(host.lane('inline'), together)],
          ['pooled', viaLane(host.lane('pooled'), together)],
          [BASE, async () => { for (const list of lists) await peer.answer(list); }],
        ];
        const variants = sides.map(([impl, work]) => ({
          name: impl,
          run: () => nsPerItem(together, leastMs, work),
        }));
        await interleave(variants, 1); // compiled
        const measured = [...(await interleave(variants, turns))].map(([impl, values]): Row => {
          const { median, low, high } = spread(values.map((ns) => ns / 1000));
          return { case: name, impl, metric: 'time', value: median, unit: 'us/request', low, high };
        });
        rows.push(...withRatios(measured, BASE));
      }
    } finally {
      await host.close();
      rmSync(folder, { recursive: true, force: true });
    }
    const notes = ['one event-loop turn at least: setImmediate, and for the pool a hop to a thread'];
    return { inputs: digest(CASES.map(({ row }) => new Uint8Array(row.buffer))), rows, notes };
  },
};

/** Microseconds of one request at a time in this process, waiting for its answer: the median. */
export async function inProcessP50Us(lane: Lane, requests: number): Promise<number> {
  const one = viaLane(lane, 1);
  for (let i = 0; i < requests; i += 1) await one(); // compiled
  const times: number[] = [];
  for (let i = 0; i < requests; i += 1) {
    const startMs = performance.now();
    await one();
    times.push((performance.now() - startMs) * 1000);
  }
  return spread(times).median;
}

/** Submits `together` jobs and resolves when all have settled; fails when one did not succeed. */
function viaLane(lane: Lane, together: number): () => Promise<void> {
  const input = lane.inputs[0] as Lane['inputs'][number];
  const rows = CASES.map(({ row }) => new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
  return () =>
    new Promise((resolve, reject) => {
      let left = together;
      const onSettled: Job['onSettled'] = (_, error) => {
        if (error) reject(error);
        left -= 1;
        if (left === 0) resolve();
      };
      for (let i = 0; i < together; i += 1) {
        const job = lane.take(1) as Job;
        input.bytes.set(rows[i] as Uint8Array, (job.slots[0] as number) * input.rowBytes);
        job.onSettled = onSettled;
        lane.submit(job);
      }
    });
}
