import type { Clock } from '../../../server/core/clock.ts';
import { pickBackground } from '../../../server/explain/profile.ts';
import { INTENT_FEATURES } from '../../../server/storefront/intent-features.ts';
import type { DenseModel } from '../dense.ts';
import type { Report } from '../report.ts';
import { calibrate, type Calibration } from './calibrate.ts';
import { DenseTrainer } from './dense-trainer.ts';
import { splitByTime, type IntentExamples } from './examples.ts';
import { binaryScores, type BinaryScores } from '../../learn/metrics/binary-scores.ts';
import { promote, type Contender, type Verdict } from '../../learn/promote.ts';

/** Sessions that learn, choose and calibrate, and are scored, oldest first. */
const SPLIT = [0.7, 0.15, 0.15] as const;
const BUYERS_MIN = 30; // examples of purchases that each part needs, or scores mean nothing
const HIDDEN = [24, 12];
const RATE = 0.002;
const REFERENCE_ROWS = 1000; // that the server compares its requests with
const PATIENCE = 3; // epochs without a gain

type Shape = 'network' | 'logistic';

export interface TrainedIntent {
  readonly model: DenseModel;
  readonly parts: { readonly train: number; readonly choose: number; readonly test: number };
  readonly baseRate: number; // of the scored part
  readonly scores: BinaryScores;
  /** Which of the two shapes it is: the one with the lower loss on the choosing part. */
  readonly shape: Shape;
  readonly baselines: Readonly<Record<'constant' | 'cart_rule' | Shape, BinaryScores>>;
  /** Whether it is worth serving: against the constant and the cart rule, sessions drawn whole. */
  readonly verdict: Verdict;
  readonly epoch: number;
  readonly trainMs: number;
  /** Moments that stand for those it learned from, `[n, features]`: explanations compare with them. */
  readonly background: Float32Array;
  /** Rows of the scored part, evenly picked, each with what the model says of it as last column. */
  readonly reference: Float32Array;
}

/** Null when some part of the split has too few moments before a purchase. */
export function trainIntent(
  examples: IntentExamples, options: { seed: number; epochs: number }, clock: Clock, report: Report,
): TrainedIntent | null {
  const [train, choose, test] = splitByTime(examples, SPLIT) as [
    IntentExamples, IntentExamples, IntentExamples];
  const parts = [train, choose, test];
  if (parts.some(({ bought }) => ones(bought) < BUYERS_MIN || ones(bought) === bought.length)) {
    return null;
  }
  const startUs = clock.nowUs();
  const inputs = INTENT_FEATURES.length;
  const { epochs, seed } = options;
  const network = fit([inputs, ...HIDDEN, 1], { train, choose, seed, epochs }, report);
  const logistic = fit([inputs, 1], { train, choose, seed, epochs }, report);
  const trainMs = (clock.nowUs() - startUs) / 1000;
  const shape = network.loss < logistic.loss ? 'network' : 'logistic';
  const chosen = shape === 'network' ? network : logistic;
  const rate = ones(train.bought) / train.bought.length;
  const withCart = rateWhere(train, 1, rate);
  const without = rateWhere(train, 0, rate);
  const said = chosen.probabilities(test);
  const constant = test.rows.map(() => rate);
  const rule = Array.from(test.cartOpen, (open) => (open === 1 ? withCart : without));
  const contender = (name: string, scores: readonly number[]): Contender => ({
    name,
    outOfFold: {
      scores: Float64Array.from(scores), labels: Float64Array.from(test.bought), groups: test.sessions,
    },
  });
  return {
    model: {
      name: 'intent',
      input: 'features',
      output: 'probability',
      layers: chosen.trainer.layers(chosen.calibration.slope, chosen.calibration.shift),
    },
    parts: { train: train.rows.length, choose: choose.rows.length, test: test.rows.length },
    baseRate: ones(test.bought) / test.bought.length,
    shape,
    scores: binaryScores(said, test.bought),
    baselines: {
      constant: binaryScores(constant, test.bought),
      cart_rule: binaryScores(rule, test.bought),
      logistic: binaryScores(logistic.probabilities(test), test.bought),
      network: binaryScores(network.probabilities(test), test.bought),
    },
    verdict: promote(contender(shape, said), [
      contender('base rate', constant), contender('something is in the cart', rule),
    ], seed),
    epoch: chosen.epoch,
    trainMs,
    background: background(train, chosen.probabilities(train)),
    reference: reference(test, chosen.probabilities(test)),
  };
}

const BACKGROUND_ROWS = 16;

function background({ rows }: IntentExamples, probabilities: readonly number[]): Float32Array {
  const width = INTENT_FEATURES.length;
  const flat = new Float32Array(rows.length * width);
  rows.forEach((row, at) => flat.set(row, at * width));
  return pickBackground(flat, probabilities, width, BACKGROUND_ROWS);
}

function reference({ rows }: IntentExamples, probabilities: readonly number[]): Float32Array {
  const step = Math.max(1, rows.length / REFERENCE_ROWS);
  const picked: number[] = [];
  for (let place = 0; place < rows.length; place += step) {
    const at = Math.floor(place);
    picked.push(...(rows[at] as Float32Array), probabilities[at] as number);
  }
  return Float32Array.from(picked);
}

interface Fitted {
  readonly trainer: DenseTrainer;
  readonly calibration: Calibration;
  readonly epoch: number;
  readonly loss: number; // on `choose`, before it is calibrated
  probabilities(examples: IntentExamples): number[];
}

interface FitSetting {
  readonly train: IntentExamples;
  readonly choose: IntentExamples;
  readonly seed: number;
  readonly epochs: number;
}

/** Trains until `choose` gains no more, then calibrates on it. */
function fit(widths: readonly number[], setting: FitSetting, report: Report): Fitted {
  const { train, choose, seed, epochs } = setting;
  const trainer = new DenseTrainer(widths, train, seed);
  const chances = (of: IntentExamples, { slope, shift }: Calibration): number[] =>
    of.rows.map((row) => 1 / (1 + Math.exp(-(slope * trainer.logit(row) + shift))));
  const asIs = { slope: 1, shift: 0 };
  let best = { loss: Infinity, epoch: 0, values: trainer.snapshot() };
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    const loss = trainer.epoch(train, RATE * (1 - (0.9 * (epoch - 1)) / epochs));
    const chosen = binaryScores(chances(choose, asIs), choose.bought);
    report.step(`epoch ${epoch}/${epochs}, loss ${loss.toFixed(4)}, held-out AUC ` +
      chosen.auc.toFixed(4), epoch / epochs);
    if (chosen.logLoss < best.loss) {
      best = { loss: chosen.logLoss, epoch, values: trainer.snapshot() };
    } else if (epoch - best.epoch >= PATIENCE) {
      break;
    }
  }
  trainer.restore(best.values);
  const logits = Float64Array.from(choose.rows, (row) => trainer.logit(row));
  const calibration = calibrate(logits, choose.bought);
  return {
    trainer, calibration, epoch: best.epoch, loss: best.loss,
    probabilities: (of) => chances(of, calibration),
  };
}

function rateWhere({ bought, cartOpen }: IntentExamples, open: 0 | 1, otherwise: number): number {
  let count = 0;
  let sum = 0;
  cartOpen.forEach((is, i) => {
    if (is !== open) return;
    count += 1;
    sum += bought[i] as number;
  });
  return count === 0 ? otherwise : sum / count;
}

function ones(labels: Uint8Array): number {
  return labels.reduce((sum, label) => sum + label, 0);
}
