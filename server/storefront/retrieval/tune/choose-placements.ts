import type { Addon, NativeSessionIndex } from '../../../ann/binding.ts';
import { systemClock } from '../../../core/clock.ts';
import type { Store } from '../../../store/store.ts';
import { PLACEMENTS } from '../../../wire/schema.ts';
import type { Placement, ReasonCode } from '../../../wire/schema.ts';
import { INTEREST } from '../../interest.ts';
import type { Source } from '../candidates.ts';
import { runEncoder } from '../encoder-run.ts';
import { EventSources } from '../event-sources.ts';
import type { EventReason } from '../event-sources.ts';
import { percent } from '../hit-rate.ts';
import { climbLadders } from '../offline/ladder.ts';
import type { BlendSettings, PlacementRecord, Weights } from '../settings.ts';
import { ItemTexts } from '../live/item-texts.ts';
import { Again } from '../sources/again.ts';
import { Content } from '../sources/content.ts';
import type { ItemVectorIndex } from '../sources/item-vectors.ts';
import { Popular } from '../sources/popular.ts';
import { SequentialRules } from '../sources/sequential-rules.ts';
import { SessionNeighbours } from '../sources/session-neighbours.ts';
import { SimilarItems } from '../sources/similar-items.ts';
import { TasteSource } from '../sources/taste.ts';
import { Visits } from '../visits.ts';
import { holdOut } from './held-out.ts';
import type { HeldOut, Question, Told } from './held-out.ts';
import { PlacementTrials } from './placement-trials.ts';
import type { PlacementScore } from './placement-trials.ts';

const QUESTIONS_MIN = 100; // fewer would choose by chance
const WEIGHTS = [0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.35, 0.6, 1, 1.6, 2.5, 4];
const ROUNDS = 3;
// Customers who buy again what they bought are shown it: where hardly any do, it is left out of answers.
const REBUY_SHARE = 0.05;

/** What was learned beside the log, without what is held out. */
export interface PlacementParts {
  readonly addon: Addon;
  readonly repository: string;
  readonly tasteVectors: ItemVectorIndex | null;
  readonly similarVectors: ItemVectorIndex | null;
}

export interface PlacementChoice {
  readonly settings: BlendSettings;
  readonly records: Readonly<Partial<Record<Placement, PlacementRecord>>>;
}

/**
 * Chooses the weights of each placement that the store's newest 5 % have enough questions for
 * (`held-out.ts`), and what the sources that learn from customers are told. `settings` is the one
 * blend's, which stays as it is.
 */
export async function choosePlacements(
  store: Store,
  settings: BlendSettings,
  parts: PlacementParts,
  sessionMinutesMax: number,
  progress: (line: string) => void,
): Promise<PlacementChoice> {
  const held = holdOut(store, sessionMinutesMax);
  const asked = PLACEMENTS.filter((name) => (held.questions[name]?.length ?? 0) >= QUESTIONS_MIN);
  if (asked.length === 0) return { settings, records: {} };
  const { itemCount } = store;
  const barred = (placement: Placement) => ({ query }: Question): Iterable<number> => {
    if (placement === 'cart' || placement === 'product') return query.items;
    return held.boughtBefore < REBUY_SHARE ? held.boughtBy(query.customer) : [];
  };
  const judge = new SourceJudge(held, parts.addon, itemCount, barred);
  let chosen = settings;
  if (asked.includes('home')) chosen = judge.choose(settings, progress);
  const texts = new ItemTexts(parts.addon);
  texts.take([...store.items()]);
  const live = everySource(held.learned, chosen, parts, texts);
  const placements: Partial<Record<Placement, Weights>> = {};
  const records: Partial<Record<Placement, PlacementRecord>> = {};
  for (const name of asked) {
    const startUs = systemClock.nowUs();
    const questions = held.questions[name] as readonly Question[];
    if (name === 'email' && placements.home && alike(questions, held.questions.home ?? [])) {
      placements.email = placements.home;
      records.email = records.home as PlacementRecord;
      continue;
    }
    const trials = new PlacementTrials(questions, itemCount, barred(name));
    const items = questions.map(({ query }) =>
      Array.from(query.items, (row) => store.itemAt(row)?.id ?? ''));
    trials.ask(live.sources, parts.tasteVectors && await runEncoder(parts.repository, items));
    const weights = climbWeights(trials);
    const score = trials.score(weights);
    placements[name] = weightsOf(trials.reasons, weights);
    records[name] = { asked: questions.length, ...score };
    const seconds = ((systemClock.nowUs() - startUs) / 1e6).toFixed(1);
    progress(`${name}: ${questions.length} asked, recall@20 ${percent(score.recall20)} ` +
      `NDCG@20 ${percent(score.ndcg20)}, ${seconds} s: ${said(placements[name])}`);
  }
  live.index.close();
  return { settings: { ...chosen, placements: { ...settings.placements, ...placements } }, records };
}

/**
 * Each weight moved along its ladder while both measures together grow: once from the best source alone,
 * and once from all that are at least half as good, since what one of many adds shows only beside them.
 */
function climbWeights(trials: PlacementTrials): number[] {
  const both = (weights: readonly number[]): number => meanOf(trials.score(weights));
  const alone = trials.reasons.map((_, source) => both(trials.reasons.map((__, i) => +(i === source))));
  const most = Math.max(...alone);
  // The sources that do well alone are tried first.
  const order = [...alone.keys()].sort((a, b) => (alone[b] as number) - (alone[a] as number));
  const inOrder = (values: readonly number[]): number[] =>
    alone.map((_, source) => values[order.indexOf(source)] as number);
  const judge = (tried: readonly number[]): number => both(inOrder(tried));
  const one = order.map((_, i) => (i === 0 ? 1 : 0));
  const many = order.map((source, i) => (i === 0 ? 1 : (alone[source] as number) > most / 2 ? 0.35 : 0));
  const ladders = order.map(() => WEIGHTS);
  const ends = [one, many].map((start) => climbLadders(start, ladders, ROUNDS, judge));
  return inOrder(judge(ends[1] as number[]) > judge(ends[0] as number[]) ? ends[1]! : ends[0]!);
}

/** Where each customer's next session is all that they bought after the cut. */
function alike(some: readonly Question[], others: readonly Question[]): boolean {
  return some.length === others.length && some.every(({ query, targets }, i) => {
    const other = others[i] as Question;
    return other.query.customer === query.customer && other.targets.size === targets.size &&
      [...targets].every((row) => other.targets.has(row));
  });
}

function meanOf({ recall20, ndcg20 }: PlacementScore): number {
  return Math.sqrt(recall20 * ndcg20);
}

function weightsOf(reasons: readonly ReasonCode[], weights: readonly number[]): Weights {
  return Object.fromEntries(reasons.map((reason, i) => [reason, weights[i] as number])) as Weights;
}

function said(weights: Partial<Weights>): string {
  return Object.entries(weights).filter(([, weight]) => weight > 0)
    .map(([reason, weight]) => `${reason} ${weight}`).join(', ');
}

/** Chooses what a source is told by how good it is alone, at `home`. */
class SourceJudge {
  constructor(
    private readonly held: HeldOut,
    private readonly addon: Addon,
    private readonly itemCount: number,
    private readonly barred: (placement: Placement) => (question: Question) => Iterable<number>,
  ) {}

  choose(settings: BlendSettings, progress: (line: string) => void): BlendSettings {
    let best = settings;
    const turn = (
      reason: EventReason, ladder: readonly number[], set: (value: number) => BlendSettings,
    ): void => {
      const scores = ladder.map((value) => this.#alone(reason, set(value)));
      const most = Math.max(...scores);
      if (most > 0) best = set(ladder[scores.indexOf(most)] as number);
    };
    if (this.held.boughtBefore >= REBUY_SHARE) {
      turn('buy_again', [30, 60, 120, 240, 480], (halfLifeDays) =>
        ({ ...best, purchases: { halfLifeDays } }));
      turn('buy_again', [0, 0.25, 0.5, 1], (duePower) =>
        ({ ...best, buyAgain: { ...best.buyAgain, duePower } }));
      turn('buy_again', [0, 0.5, 1], (repeatPower) =>
        ({ ...best, buyAgain: { ...best.buyAgain, repeatPower } }));
    }
    turn('followed_later', [0.5, 0.6, 0.7, 0.8], (decay) =>
      ({ ...best, histories: { ...best.histories, decay } }));
    const { purchases, buyAgain, histories } = best;
    progress(`of what customers chose, ${percent(this.held.boughtBefore)} % they had bought before: ` +
      JSON.stringify({ purchases, buyAgain, histories }));
    return best;
  }

  #alone(reason: EventReason, settings: BlendSettings): number {
    const events = new EventSources(this.addon, settings, (wanted) => wanted === reason);
    tell(this.held.learned, events);
    const questions = this.held.questions.home as readonly Question[];
    const trials = new PlacementTrials(questions, this.itemCount, this.barred('home'));
    trials.ask(events.list, null);
    return meanOf(trials.score([1]));
  }
}

/** All sources, as a server has them that has seen what is learned from. */
function everySource(
  learned: readonly Told[],
  settings: BlendSettings,
  { addon, tasteVectors, similarVectors }: PlacementParts,
  texts: ItemTexts,
): { readonly sources: readonly Source[]; readonly index: NativeSessionIndex } {
  const { rules } = settings;
  const index = new addon.SessionIndex({ ruleWindow: rules.window, ruleAgeDecay: rules.ageDecay });
  const popular = new Popular(settings.popular);
  const events = new EventSources(addon, settings, () => true);
  tell(learned, events);
  const visits = new Visits();
  for (const { session, customer, event } of learned) {
    if (customer !== undefined) continue;
    for (const row of event.rows) {
      popular.observe(row, INTEREST[event.type]);
      if (visits.isNew(session, row, INTEREST[event.type])) index.append(session, row);
    }
  }
  const sources: (Source | null)[] = [
    new SessionNeighbours(index, settings.neighbours),
    new SequentialRules(index, rules),
    new Again(settings.again),
    tasteVectors && new TasteSource(tasteVectors, settings.taste),
    similarVectors && new SimilarItems(similarVectors, settings.similar),
    popular,
    texts.size > 0 ? new Content(texts, settings.content) : null,
    ...events.list,
  ];
  return { sources: sources.filter((source) => source !== null), index };
}

function tell(learned: readonly Told[], events: EventSources): void {
  for (const { customer, event } of learned) {
    if (customer !== undefined) {
      events.credit(customer, event);
      continue;
    }
    for (const row of event.rows) events.observe(row, INTEREST[event.type]);
    events.take(event);
  }
}
