import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { hazardSamples } from '../../../../models/customers/hazard/samples.ts';
import {
  adjustedRand, chooseScore, findSegments, scoreNumbers, silhouette,
} from '../../../../models/customers/segments/choose-k.ts';
import { kMeans, lloyd, nearest, type Points } from '../../../../models/customers/segments/kmeans.ts';
import { distancesOf, improved } from '../../../../models/customers/segments/mixture.ts';
import {
  fitSegments, segmentsOf, segmentsOnnx, sizeDrift,
} from '../../../../models/customers/segments/segments.ts';
import { buyersLog } from '../../../../models/make.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { TIMING_FEATURES } from '../../../../server/customers/timing-inputs.ts';
import { runOnnx } from '../../../support/run-model-file.ts';

const oracle = JSON.parse(
  readFileSync('test/unit/models/customers/vectors/kmeans.json', 'utf8')) as {
  points: number[]; start: number[]; centres: number[]; inertia: number; labels: number[];
  other: number[]; adjustedRand: number; silhouette: number;
};
const points: Points = { rows: 300, width: 3, values: Float64Array.from(oracle.points) };

suite('Segments', () => {
  test("k-means from the same centres ends where scikit-learn's does", () => {
    const found = lloyd(points, 3, Float64Array.from(oracle.start));

    assert.deepEqual([...found.labels], oracle.labels);
    assert.ok(Math.abs(found.inertia / oracle.inertia - 1) < 1e-6);
    oracle.centres.forEach((want, i) => assert.ok(Math.abs(want - found.centres[i]!) < 1e-9));
    assert.ok(kMeans(points, 3, 1).inertia <= oracle.inertia * (1 + 1e-9));
  });

  test("a mixture from the same normals ends where scikit-learn's does, and so do its segments", () => {
    const want = JSON.parse(readFileSync('test/unit/models/customers/vectors/mixture.json', 'utf8')) as {
      means: number[]; variances: number[]; weights: number[]; logLikelihood: number; labels: number[];
    };
    const found = improved(points, {
      k: 3, weights: Float64Array.of(0.4, 0.3, 0.3), means: Float64Array.from(oracle.start),
      variances: new Float64Array(9).fill(1), logLikelihood: 0,
    }, { rounds: 2000, gain: 1e-12 });
    const { precisions, offsets } = distancesOf(found);

    for (const part of ['means', 'variances', 'weights'] as const) {
      want[part].forEach((value, i) => assert.ok(Math.abs(value - found[part][i]!) < 1e-4, `${part} ${i}`));
    }
    assert.ok(Math.abs(found.logLikelihood - want.logLikelihood) < 1e-6);
    assert.deepEqual([...nearest(points, 3, found.means, { precisions, offsets }).labels], want.labels);
  });

  test('long segments beside each other are a mixture; the file answers as the recipe', async () => {
    const prng = new Prng(8);
    const values = Float64Array.from({ length: 2 * 900 }, (_, i) => {
      const group = (i >> 1) % 3;
      return i % 2 === 0 ? prng.normal() * 2 : group * 2 + prng.normal() * 0.2;
    });
    const long: Points = { rows: 900, width: 2, values };
    const truth = Uint8Array.from({ length: 900 }, (_, row) => row % 3);
    const { centres, weighed } = findSegments('mixture', long, 3, 1, 20);
    const round = findSegments('k-means', long, 3, 1, 8);
    const labels = nearest(long, 3, centres, weighed).labels;

    assert.ok(adjustedRand(labels, truth) > 0.95);
    assert.ok(adjustedRand(nearest(long, 3, round.centres).labels, truth) < 0.5);

    const log = buyersLog({ seed: 5, customers: 300, endMs: Date.UTC(2026, 5, 1), days: 300 });
    const samples = hazardSamples(log, [log.lastDay], log.lastDay);
    const segments = fitSegments(samples, 1, ['mixture']);
    assert.equal(segments.way, 'mixture');
    const shape = [samples.rows, TIMING_FEATURES.length];
    const file = await runOnnx(
      segmentsOnnx(segments), { features: [samples.features, shape] }, 'segment');
    assert.deepEqual([...file], [...segmentsOf(segments, samples)]);
  });

  test("adjusted Rand and silhouette are scikit-learn's", () => {
    const [one, other] = [Uint8Array.from(oracle.labels), Uint8Array.from(oracle.other)];

    assert.ok(Math.abs(adjustedRand(one, other) - oracle.adjustedRand) < 1e-12);
    assert.ok(Math.abs(silhouette(points, one, 3) - oracle.silhouette) < 1e-9);
    assert.equal(adjustedRand(one, one), 1);
  });

  test('the number of clear clusters is found by stability and silhouette', () => {
    const prng = new Prng(6);
    const middles = [[0, 0], [8, 0], [0, 8], [8, 8]] as const;
    const values = Float64Array.from({ length: 2 * 800 }, (_, i) =>
      middles[(i >> 1) % 4]![i % 2]! + prng.normal());

    assert.equal(chooseScore(scoreNumbers({ rows: 800, width: 2, values }, 2, 6, 1)).k, 4);
  });

  test('the file gives each customer the segment that the recipe does; names differ', async () => {
    const log = buyersLog({ seed: 5, customers: 900, endMs: Date.UTC(2026, 5, 1), days: 400 });
    const samples = hazardSamples(log, [log.lastDay], log.lastDay);
    const segments = fitSegments(samples, 1);
    const labels = segmentsOf(segments, samples);
    const shape = [samples.rows, TIMING_FEATURES.length];
    const file = await runOnnx(
      segmentsOnnx(segments), { features: [samples.features, shape] }, 'segment');

    assert.deepEqual([...file], [...labels]);
    assert.ok(segments.k >= 2);
    for (const language of ['en', 'zh'] as const) {
      assert.equal(new Set(segments.names.map((name) => name[language])).size, segments.k);
    }
    assert.ok(Math.abs(segments.shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  });

  test('drift of sizes is 0 for the same sizes, and large where they change places', () => {
    assert.equal(sizeDrift([0.2, 0.8], [0.2, 0.8]), 0);
    assert.ok(Math.abs(sizeDrift([0.2, 0.8], [0.8, 0.2]) - 1.2 * Math.log(4)) < 1e-12);
  });
});
