import type { Clock } from '../../server/core/clock.ts';
import { encoderOnnx } from './encoder/encoder-onnx.ts';
import { ENCODER_DEFAULTS, trainEncoder, type EncoderOptions } from './encoder/train.ts';
import { unitItems } from './encoder/weights.ts';
import { popularityHitRate } from './hit-rate.ts';
import { itemFiles } from './item-files.ts';
import type { NewModel } from './model-folder.ts';
import type { Report } from './report.ts';
import { examplesOf, type TrainingSessions } from './training-sessions.ts';

const ROWS_MAX = 64; // in one run: a batch costs some 100 us then

/** Learns what comes next in a session. The data has a session of two visits at least. */
export async function makeSessionEncoder(
  data: TrainingSessions, trainedOn: string, options: EncoderOptions, clock: Clock, report: Report,
): Promise<NewModel> {
  const { dim, seed } = options;
  const trained = await trainEncoder(data, options, clock, (step) => {
    const { epoch, epochs, loss, score } = step;
    const where = `epoch ${epoch}/${epochs}, loss ${loss.toFixed(3)}`;
    if (!score) return report.step(where, (epoch - 1 + step.share) / epochs);
    report.line(`${where}, held-out HR@20 ${percent(score.hr20)} MRR@20 ${percent(score.mrr20)}`);
  });
  const { score, weights } = trained;
  const heldOut = examplesOf(data.heldOut, 1);
  const popular = popularityHitRate(data.train, data.heldOut.items, heldOut, data.heldOutMisses);
  report.line(`HR@20 ${percent(score.hr20)} MRR@20 ${percent(score.mrr20)} on ${trained.scored} ` +
    `held-out visits (epoch ${trained.epoch}); popular items ${percent(popular.hr20)} / ` +
    percent(popular.mrr20));
  return {
    name: 'session-encoder',
    config: {
      platform: 'onnxruntime_onnx',
      max_batch_size: ROWS_MAX,
      input: [{ name: 'items', data_type: 'TYPE_INT32', dims: [ENCODER_DEFAULTS.length] }],
      output: [{ name: 'vector', data_type: 'TYPE_FP32', dims: [dim] }],
    },
    card: {
      name: 'session-encoder',
      what: 'A session as one vector; its inner product with an item says how likely that is next.',
      trainedOn,
      madeAt: new Date(clock.wallMs()).toISOString(),
      seed,
      trainSeconds: Math.round(trained.trainMs / 100) / 10,
      held_out_share: data.heldOutShare,
      data: {
        sessions: data.train.offsets.length - 1,
        visits: data.train.items.length,
        items: data.ids.length,
        dim,
        epochs: trained.epoch,
      },
      split: 'the newest 5 % of the sessions are held out, every prefix is scored against all ' +
        'items; the epoch was chosen on the same sessions',
      scores: { ...score, loss: trained.loss },
      baselines: { popular: { ...popular } },
      notes: ['Learned weighted mean of the items: models/recipes/encoder/weights.ts'],
    },
    files: { 'model.onnx': encoderOnnx(weights), ...itemFiles(data.ids, unitItems(weights)) },
  };
}

function percent(share: number): string {
  return (100 * share).toFixed(2);
}
