import { systemClock } from '../../../core/clock.ts';
import { chooseMixture } from './choose-mixture.ts';
import { alike } from './item-knn.ts';
import type { LeaveOneOut, Question } from './leave-one-out.ts';
import { countRows } from './leave-one-out.ts';
import { neighbours } from './neighbours.ts';
import { PairScorer } from './pair-scorer.ts';
import { QualityCount } from './quality.ts';
import type { Quality } from './quality.ts';
import { followers } from './rules.ts';
import { Picker, Scores } from './scores.ts';
import type { Scorer } from './scores.ts';

const ANSWER_ITEMS = 20;

/** Every method by name, each learned when it is called for. */
export function sequenceMethods(data: LeaveOneOut): readonly (() => Scorer)[] {
  const { past, itemCount } = data;
  const counts = countRows(past, itemCount);
  const cosine = { lambda: 20, from: 0.5, to: 0.5 };
  return [
    () => popularity('POP', ''),
    // The items of one's own history are barred by the protocol, and S-POP has no others.
    () => popularity('S-POP', 'own items are barred: as POP'),
    () => new PairScorer('Item-KNN', alike(past, counts, cosine), { last: 5, decay: 1 }),
    () => new PairScorer('Sequential rules', followers(past, itemCount), { last: 5, decay: 0.7 }),
    () => neighbours(past, {
      neighbours: 500, sample: 5000, queryDecay: 4, itemDecay: 4, ageDecay: 0, lengthPower: 0.5,
    }),
    () => chooseMixture(data, counts),
  ];
}

/** Adds nothing: what is popular fills every answer. */
function popularity(name: string, settings: string): Scorer {
  return { name, settings, score: () => undefined };
}

/** Asks each question, own items barred, over all items. */
export function measure(
  scorer: Scorer,
  questions: readonly Question[],
  counts: Float64Array,
): Quality {
  const quality = new QualityCount(counts);
  const picker = new Picker(counts);
  const scores = new Scores(counts.length);
  for (const { items, target } of questions) {
    scorer.score(items, scores);
    quality.add(picker.pick(scores, ANSWER_ITEMS, new Set(items)), target);
    scores.clear();
  }
  return quality.result();
}

/** Learns and scores every method, and hands over the table line by line. */
export function printSequences(data: LeaveOneOut, limit: number, print: (line: string) => void): void {
  const counts = countRows(data.past, data.itemCount);
  const questions = data.test.slice(0, limit);
  print(`${data.test.length} users, ${data.itemCount} items, ${questions.length} asked; ` +
    'learned without the last two items of each user, chosen on the last but one, asked the last\n');
  print(row('method', [
    'HR@5', '@10', '@20', 'NDCG@5', '@10', '@20', 'coverage', 'novelty', 'top 1 %', 'train s',
  ], 'settings'));
  for (const learn of sequenceMethods(data)) {
    const startUs = systemClock.nowUs();
    const scorer = learn();
    const seconds = (systemClock.nowUs() - startUs) / 1e6;
    const { hitRate, ndcg, ...shown } = measure(scorer, questions, counts);
    print(row(scorer.name, [
      ...[...hitRate, ...ndcg].map((share) => share.toFixed(4)),
      shown.coverage.toFixed(3), shown.novelty.toFixed(2), shown.popularityBias.toFixed(3),
      seconds.toFixed(1),
    ], scorer.settings));
  }
}

function row(name: string, numbers: readonly string[], settings: string): string {
  const cells = numbers.map((text) => text.padStart(9)).join('');
  return `${name.padEnd(18)}${cells}  ${settings}`.trimEnd();
}
