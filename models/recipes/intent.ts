import type { Clock } from '../../server/core/clock.ts';
import { PROFILE_FILE, writeProfile } from '../../server/explain/profile.ts';
import { REFERENCE_FILE } from '../../server/watch/reference.ts';
import { INTENT_FEATURES } from '../../server/storefront/intent-features.ts';
import { INTENT_ANSWER, intentWords } from '../../server/storefront/intent-words.ts';
import type { ShopEvent } from '../../server/wire/schema.ts';
import { whyOfDense } from '../explain/why-model.ts';
import { intentExamples, intentSessions } from './intent/examples.ts';
import { trainIntent } from './intent/train.ts';
import type { ModelCard, NewModel, WrittenConfig } from './model-folder.ts';
import { mlpOnnx } from './onnx/mlp.ts';
import type { Report } from './report.ts';
import { mlpTfjs } from './tfjs/layers-model.ts';

const ROWS_MAX = 256; // in one run

export interface IntentOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly silenceMs: number; // that ends a session
}

/** Why there is no new model: nothing to learn from, or (`refused`) no better than its baselines. */
export interface NotMade {
  readonly why: string;
  readonly refused: boolean;
}

/**
 * Learns whether a session will end in a purchase, and writes the same weights three times: `intent`
 * (ONNX), `intent-tfjs`, and `intent-why`, which explains. Or why the log has nothing to learn from
 * and be scored on, or why the model is not promoted.
 */
export function makeIntent(
  events: Iterable<ShopEvent>, trainedOn: string, options: IntentOptions, clock: Clock,
  report: Report,
): NewModel[] | NotMade {
  const sessions = intentSessions(events, options.silenceMs);
  const examples = intentExamples(sessions, options.seed);
  const trained = trainIntent(examples, options, clock, report);
  if (!trained) return { why: whyNothing(sessions), refused: false };
  const { scores, baselines } = trained;
  for (const [name, of] of Object.entries({ model: scores, ...baselines })) {
    report.line(`${name.padEnd(9)}  AUC ${of.auc.toFixed(3)} PR-AUC ${of.prAuc.toFixed(3)} ` +
      `log loss ${of.logLoss.toFixed(4)} ECE ${of.ece.toFixed(4)}`);
  }
  for (const line of trained.verdict.lines) report.line(line);
  if (!trained.verdict.promoted) {
    return { why: `not promoted: ${trained.verdict.reasons.join('; ')}`, refused: true };
  }
  const note = `better than the rule "something is in the cart" ` +
    `(AUC ${baselines.cart_rule.auc.toFixed(3)})`;
  report.line(`promoted: surely ${note}`);

  const card: Omit<ModelCard, 'name'> = {
    what: 'Probability that a session goes on to a purchase, from its events so far.',
    trainedOn,
    madeAt: new Date(clock.wallMs()).toISOString(),
    seed: options.seed,
    trainSeconds: Math.round(trained.trainMs / 100) / 10,
    held_out_share: 0.15,
    data: {
      sessions: sessions.length,
      moments: examples.rows.length,
      ...trained.parts,
      baseRate: trained.baseRate,
      epochs: trained.epoch,
      shape: trained.shape,
    },
    split: 'sessions by time: the first 70 % learn, the next 15 % choose shape and epoch and ' +
      'calibrate, the last 15 % are scored; a moment is right after an event, or 1 s to 15 min ' +
      'of silence later',
    scores: { ...scores },
    baselines: Object.fromEntries(
      Object.entries(baselines).map(([name, of]) => [name, { ...of }])),
    features: INTENT_FEATURES,
    notes: [note],
  };
  const config = (platform: WrittenConfig['platform']): WrittenConfig => ({
    platform,
    max_batch_size: ROWS_MAX,
    input: [{ name: 'features', data_type: 'TYPE_FP32', dims: [INTENT_FEATURES.length] }],
    output: [{ name: 'probability', data_type: 'TYPE_FP32', dims: [1] }],
    ...(platform === 'tensorflow_tfjs' ? { parameters: { backend: 'wasm' } } : {}),
  });
  const explaining = {
    [PROFILE_FILE]: writeProfile({
      answer: INTENT_ANSWER, scale: 'probability', features: intentWords(),
      background: trained.background,
    }),
  };
  return [{
    name: 'intent',
    config: config('onnxruntime_onnx'),
    card: { name: 'intent', ...card },
    files: {
      'model.onnx': mlpOnnx(trained.model),
      [REFERENCE_FILE]: new Uint8Array(trained.reference.buffer),
      ...explaining,
    },
  }, {
    name: 'intent-tfjs',
    config: config('tensorflow_tfjs'),
    card: { name: 'intent-tfjs', ...card },
    files: { ...mlpTfjs(trained.model), ...explaining },
  }, whyOfDense(trained.model, trained.background, card)];
}

/** What the sessions lack: purchases, or what goes before them. */
export function whyNothing(sessions: readonly ShopEvent[][]): string {
  let purchases = 0;
  let led = 0; // purchases that something else of their session came before
  for (const session of sessions) {
    const first = session.find(({ type }) => type !== 'purchase' && type !== 'refund');
    for (const { type, atMs } of session) {
      if (type !== 'purchase') continue;
      purchases += 1;
      if (first && first.atMs < atMs) led += 1;
    }
  }
  const count = purchases.toLocaleString('en');
  if (led * 2 >= purchases) return `${count} purchases are too few purchases to learn from`;
  return `${count} purchases, ${led.toLocaleString('en')} of them after any browsing in their ` +
    'session: intent is learned from what goes before a purchase';
}
