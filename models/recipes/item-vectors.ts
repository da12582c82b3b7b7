import type { Clock } from '../../server/core/clock.ts';
import { hitRate, popularityHitRate, RANKED_ROWS, type Ranker } from './hit-rate.ts';
import { itemFiles } from './item-files.ts';
import type { NewModel } from './model-folder.ts';
import type { Report } from './report.ts';
import { examplesOf, someExamples, type TrainingSessions } from './training-sessions.ts';
import { learnVectors, type LearnedVectors } from './vectors/learn.ts';

export const VECTOR_DIM = 64;
const SCORED_MAX = 10_000;

/** Learns which items are alike, and scores that as "next comes what is like the newest item". */
export async function makeItemVectors(
  data: TrainingSessions, trainedOn: string, options: { seed: number; dim: number },
  clock: Clock, report: Report,
): Promise<NewModel> {
  const { seed } = options;
  const startUs = clock.nowUs();
  const learned = learnVectors(data, options.dim, seed, (what, share) =>
    report.step(what, share));
  const trainSeconds = round((clock.nowUs() - startUs) / 1e6);
  const heldOut = examplesOf(data.heldOut, 1);
  const examples = someExamples(heldOut, SCORED_MAX);
  const misses = Math.round(
    (data.heldOutMisses * examples.targets.length) / Math.max(1, heldOut.targets.length));
  const ranker = likeness(learned, data.ids.length);
  const score = await hitRate(ranker, data.heldOut.items, examples, misses);
  const popular = popularityHitRate(data.train, data.heldOut.items, examples, misses);
  report.line(`HR@20 ${percent(score.hr20)} MRR@20 ${percent(score.mrr20)} for what is like the ` +
    `newest item; popular items ${percent(popular.hr20)} / ${percent(popular.mrr20)}`);
  const ids = Array.from(learned.numbers, (number) => data.ids[number - 1] as string);
  return {
    name: 'item-vectors',
    card: {
      name: 'item-vectors',
      what: 'A vector an item; a high cosine means that two items keep the same company.',
      trainedOn,
      madeAt: new Date(clock.wallMs()).toISOString(),
      seed,
      trainSeconds,
      held_out_share: data.heldOutShare,
      data: {
        sessions: data.train.offsets.length - 1,
        visits: data.train.items.length,
        items: ids.length,
        dim: learned.dim,
        cells: learned.cells,
      },
      split: 'the newest 5 % of the sessions are held out; scored on the item after each visit',
      scores: { hr20: score.hr20, mrr20: score.mrr20 },
      baselines: { popular: { ...popular } },
      notes: ['Positive PMI of visits within 5 of each other in a session, factored to U sqrt(S).'],
    },
    files: itemFiles(ids, learned.vectors),
  };
}

/** Cosine to the newest item; that item itself is an answer like any other. */
function likeness({ numbers, vectors, dim }: LearnedVectors, size: number): Ranker {
  const units = new Float32Array(size * dim);
  numbers.forEach((number, at) => {
    const row = vectors.subarray(at * dim, (at + 1) * dim);
    const norm = Math.hypot(...row) || 1;
    row.forEach((value, j) => { units[(number - 1) * dim + j] = value / norm; });
  });
  const queries = new Float32Array(RANKED_ROWS * dim);
  const ask = (row: number, items: Int32Array, _start: number, end: number): void => {
    const newest = ((items[end - 1] as number) - 1) * dim;
    queries.set(units.subarray(newest, newest + dim), row * dim);
  };
  return { dim, units, queries, ask };
}

function percent(share: number): string {
  return (100 * share).toFixed(2);
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
