/** `curve-process.js REPOSITORY MODEL ROWS_MAX` prints a `BatchCurve` as JSON, or why there is none. */
import { join } from 'node:path';
import {
  datatypeOf, isLoose, type ModelConfig, rowBytesOf,
} from '../../server/catalog/model-config.ts';
import { readModel } from '../../server/catalog/repository.ts';
import { ServeError } from '../../server/core/errors.ts';
import { Prng } from '../../server/core/prng.ts';
import { Slab } from '../../server/core/slab.ts';
import { ModelInstance } from '../../server/runtime/instance.ts';
import { openRuntime } from '../../server/runtime/open-runtime.ts';
import type { BatchCurve, CurvePoint } from './curve.ts';

const TURNS = 5; // sizes take turns, so that a slow second touches all of them
const TURN_MS = 12;
const RUNS_MIN = 3;
const RUNS_MAX = 2000;

const [repository = '', model = '', rowsMax = '1'] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await timed(repository, model, Number(rowsMax))));
} catch (error) {
  console.log(JSON.stringify({ failed: (error as Error).message }));
}
process.exit(0); // runtimes keep threads

async function timed(repository: string, model: string, rowsMax: number): Promise<BatchCurve> {
  const found = await readModel(repository, model, async (folder) => {
    const { OnnxRuntime } = await import('../../server/runtime/onnx.ts');
    return new OnnxRuntime().describe(folder);
  });
  const version = found.served.at(-1) as number;
  if (found.config.platform === 'ensemble' || isLoose(found.config)) {
    throw new ServeError('bad_argument',
      `model '${model}' has no batches of its own to time (an ensemble, or tensors of open sizes): ` +
        'name one of fixed sizes');
  }
  const most = found.config.max_batch_size === 0 ? 1 : rowsMax;
  const config = found.config.max_batch_size === 0
    ? found.config
    : { ...found.config, max_batch_size: most, model_warmup: [] };
  const runtime = await openRuntime(config.platform);
  const beforeBytes = process.memoryUsage.rss();
  const instance = await ModelInstance.open(
    runtime, join(found.folder, String(version)), config);
  const slab = new Slab(most, [...config.input, ...config.output].map(rowBytesOf));
  fill(slab, config);
  instance.bind(slab.memory, slab.layout);
  const points = await turns(instance, sizesTo(most));
  return {
    model, version, platform: config.platform, points,
    modelBytes: Math.max(0, process.memoryUsage.rss() - beforeBytes),
  };
}

/** 1, 2, 4, … and `most`. */
function sizesTo(most: number): number[] {
  const sizes = [];
  for (let size = 1; size < most; size *= 2) sizes.push(size);
  return [...sizes, most];
}

/** Floats from 0 to 1, zeros for all else: good for counts and vocabularies. */
function fill(slab: Slab, { input }: ModelConfig): void {
  const prng = new Prng(1);
  for (const [at, tensor] of input.entries()) {
    if (datatypeOf(tensor) !== 'FP32') continue;
    const { buffer, byteOffset, byteLength } = slab.regions[at] as Uint8Array;
    const values = new Float32Array(buffer, byteOffset, byteLength / 4);
    for (let place = 0; place < values.length; place += 1) values[place] = prng.float();
  }
}

async function turns(instance: ModelInstance, sizes: readonly number[]): Promise<CurvePoint[]> {
  const times = sizes.map((): number[] => []);
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [at, rows] of sizes.entries()) {
      const slots = Int32Array.from({ length: rows }, (_, slot) => slot);
      const mine = times[at] as number[];
      const endMs = performance.now() + TURN_MS;
      for (let run = 0; run < RUNS_MAX; run += 1) {
        if (run >= RUNS_MIN && performance.now() > endMs) break;
        const fromMs = performance.now();
        const failures = await instance.run(slots, rows);
        mine.push((performance.now() - fromMs) * 1000);
        if (failures?.[0]) throw new ServeError('backend', failures[0].message);
      }
    }
  }
  return sizes.map((rows, at) => {
    const sorted = (times[at] as number[]).sort((a, b) => a - b);
    const of = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] as number;
    return { rows, us: of(0.5), p95Us: of(0.95) };
  });
}
