/**
 * The scenarios of ETUDE (Kersbergen et al., ICDE 2024): a session encoder over catalogues of growing size,
 * asked for the next 21 items of sessions it has not seen. Here through the whole server, over WebSocket:
 * encoder, vector index, answer. Beside it, the inner product with every item in plain JavaScript.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encoderOnnx } from '../models/recipes/encoder/encoder-onnx.ts';
import { freshWeights, unitItems } from '../models/recipes/encoder/weights.ts';
import { itemFiles } from '../models/recipes/item-files.ts';
import { codecFor } from '../server/client/codec.ts';
import { Prng } from '../server/core/prng.ts';
import type { Bench } from './bench.ts';
import type { Row } from './report.ts';
import { digest, payloadFile } from './requests.ts';
import { climb } from './session/rates.ts';
import { ServedShop } from './session/served.ts';
import { type BenchShop, keptFolder, makeStore } from './session/shop.ts';

const DIM = 32;
const LENGTH = 20;
const K = 21;
const SESSION = 5; // items of a request
const P90_MS_MAX = 50;
const SIZES = {
  full: {
    catalogues: [10_000, 100_000, 1_000_000], rates: [100, 250, 500, 1000, 2000, 4000, 6000, 8000, 12_000],
    warm: 1, seconds: 4, alone: 2,
  },
  quick: { catalogues: [10_000], rates: [100, 500, 4000], warm: 0.5, seconds: 2, alone: 0.5 },
  smoke: { catalogues: [200], rates: [100], warm: 0.1, seconds: 0.2, alone: 0.02 },
} as const;

export const bench: Bench = {
  packages: ['uWebSockets.js', 'onnxruntime-node', 'msgpackr'],
  choices: ['10k', '100k', '1m'],
  async run({ size, only = [], say }) {
    const { catalogues, rates, warm, seconds, alone } = SIZES[size];
    const [rows, notes]: [Row[], string[]] = [[], []];
    for (const items of catalogues) {
      const name = `${items.toLocaleString('en')} items`;
      if (only.length > 0 && !only.includes(CHOICES[items] ?? '')) continue;
      say(`${name} (the first time, store, encoder and index are made)`);
      const shop = await etudeShop(items);
      rows.push(...bruteForce(name, items, alone));
      const served = await ServedShop.start(shop);
      try {
        const plan = { warm, seconds, eventRate: 0, connections: 16 };
        const requests = (run: number): Buffer => sessionsFile(items, 1 + run, 4 + Math.max(...rates));
        await served.drive({ ...plan, requests: requests(-1), rate: rates[0] }); // compiled
        const found = await climb(served, { name, rates, p90MsMax: P90_MS_MAX, plan, requests }, say);
        rows.push(...found.rows);
        notes.push(...found.notes);
      } finally {
        await served.stop();
      }
    }
    notes.push(...estimates(rows));
    return { inputs: digest([Buffer.from(JSON.stringify([SIZES[size], DIM, LENGTH]))]), rows, notes };
  },
};

const CHOICES: Readonly<Record<number, string>> = { 10_000: '10k', 100_000: '100k', 1_000_000: '1m' };

/** Items that lie in bundles, as learned ones do, and an encoder that has learned nothing yet. */
async function etudeShop(items: number): Promise<BenchShop> {
  const folder = keptFolder(`etude-${items}-${DIM}`);
  const ids = Array.from({ length: items }, (_, i) => `item-${i}`);
  if (!existsSync(join(folder, 'whole'))) {
    const weights = freshWeights({ items, dim: DIM, length: LENGTH, temperature: 0.1 }, 7);
    bundle(weights.embedding.values, DIM);
    const model = join(folder, 'models/session-encoder');
    mkdirSync(join(model, '1'), { recursive: true });
    writeFileSync(join(model, 'config.json'), JSON.stringify({
      name: 'session-encoder', platform: 'onnxruntime_onnx', max_batch_size: 64,
      input: [{ name: 'items', data_type: 'TYPE_INT32', dims: [LENGTH] }],
      output: [{ name: 'vector', data_type: 'TYPE_FP32', dims: [DIM] }],
    }));
    writeFileSync(join(model, 'card.json'), JSON.stringify({ name: 'session-encoder', what: 'for a bench' }));
    const files = { 'model.onnx': encoderOnnx(weights), ...itemFiles(ids, unitItems(weights)) };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(model, '1', name), bytes);
    await makeStore(folder, async (store) => {
      for (let at = 0; at < items; at += 2000) {
        await store.putItems(ids.slice(at, at + 2000).map((id) =>
          ({ id, title: id, categories: [], inStock: true })));
      }
    }, () => null);
  }
  return { name: `${items} items`, folder, visitors: [] };
}

/** Moves each row towards one of some hundred centres. Row 0 is padding. */
function bundle(values: Float32Array, dim: number): void {
  const prng = new Prng(9);
  const count = Math.max(1, Math.round(Math.sqrt(values.length / dim)));
  const centres = Float32Array.from({ length: count * dim }, () => prng.normal() / Math.sqrt(dim));
  for (let at = dim; at < values.length; at += dim) {
    const centre = prng.below(count) * dim;
    for (let i = 0; i < dim; i += 1) {
      values[at + i] = 0.6 * (values[at + i] as number) + (centres[centre + i] as number);
    }
  }
}

/** Sessions that no other run has: what is remembered of one is no help. */
function sessionsFile(items: number, seed: number, count: number): Buffer {
  const prng = new Prng(seed);
  const codec = codecFor('msgpack');
  return payloadFile(Array.from({ length: 4 * count }, () => {
    const session = Array.from({ length: SESSION }, () => `item-${prng.below(items)}`);
    return (id: number) => Buffer.from(codec.encode({ id, op: 'recommend', items: session, k: K }) as Uint8Array);
  }));
}

/** One core, one query after the other: what a catalogue costs where nothing is indexed. */
function bruteForce(name: string, items: number, seconds: number): Row[] {
  const prng = new Prng(4);
  const vectors = prng.row(items * DIM);
  const cpu = process.cpuUsage();
  const endMs = performance.now() + seconds * 1000;
  let queries = 0;
  for (; queries === 0 || performance.now() < endMs; queries += 1) topOf(vectors, prng.row(DIM));
  const us = process.cpuUsage(cpu).user / queries;
  const row = (metric: string, value: number, unit: string): Row =>
    ({ case: `${name}, every item`, impl: 'inner product in JavaScript', metric, value, unit });
  return [row('CPU', us, 'us/query'), row('rate of one core', 1e6 / us, '1/s')];
}

function topOf(vectors: Float32Array, query: Float32Array): number[] {
  const best: { row: number; score: number }[] = [];
  for (let row = 0, at = 0; at < vectors.length; row += 1) {
    let score = 0;
    for (let i = 0; i < DIM; i += 1, at += 1) score += (vectors[at] as number) * (query[i] as number);
    if (best.length === K && score <= (best[K - 1] as { score: number }).score) continue;
    if (best.length === K) best.pop();
    let place = best.length;
    while (place > 0 && (best[place - 1] as { score: number }).score < score) place -= 1;
    best.splice(place, 0, { row, score });
  }
  return best.map(({ row }) => row);
}

/**
 * 10 and 20 million items are not run here. A walk of a graph grows with the logarithm of the items, so
 * what a tenfold catalogue added last is added again; the rate falls as the cost of a request grows.
 */
function estimates(rows: readonly Row[]): string[] {
  const of = (items: number, metric: string): number => {
    const name = `${items.toLocaleString('en')} items`;
    const among = rows.filter((row) => row.case.startsWith(name) && row.metric === metric);
    return among.at(-1)?.value ?? NaN;
  };
  const [small, large] = [of(100_000, 'server CPU'), of(1_000_000, 'server CPU')];
  const rate = of(1_000_000, 'rate');
  if (!(small > 0) || !(large > 0) || !(rate > 0)) return [];
  return [10_000_000, 20_000_000].map((items) => {
    const us = large + Math.max(0, large - small) * Math.log10(items / 1_000_000);
    return `${items / 1e6}M items, an estimate: ${Math.round(us)} us of CPU a request, so some ` +
      `${Math.round((rate * large) / us)} requests/s with p90 <= ${P90_MS_MAX} ms`;
  });
}
