import type { Addon, NativeSessionIndex } from '../../../ann/binding.ts';
import type { ReasonCode } from '../../../wire/schema.ts';
import { Blend } from '../blend.ts';
import { Candidates, ROOM } from '../candidates.ts';
import type { Source } from '../candidates.ts';
import { HitRate } from '../hit-rate.ts';
import type { PastSessions, Prefix } from '../past-sessions.ts';
import type { BlendSettings } from '../settings.ts';
import { Again } from '../sources/again.ts';
import type { ItemVectorIndex } from '../sources/item-vectors.ts';
import { Popular } from '../sources/popular.ts';
import { SequentialRules } from '../sources/sequential-rules.ts';
import { SessionNeighbours } from '../sources/session-neighbours.ts';
import { SimilarItems } from '../sources/similar-items.ts';
import { TasteSource } from '../sources/taste.ts';

/** What settings are tried on. */
export interface TrialData {
  readonly addon: Addon;
  readonly past: PastSessions; // learned from
  readonly prefixes: readonly Prefix[]; // scored; of other sessions
  /** What the encoder made of each prefix; none where it knows no item. */
  readonly tastes: readonly (Float32Array | null)[] | null;
  readonly tasteVectors: ItemVectorIndex | null;
  readonly similarVectors: ItemVectorIndex | null;
}

/** The groups of settings that a source's answers depend on. */
const GROUPS = {
  session_neighbours: ['neighbours'],
  followed_by: ['rules'],
  again: ['again'],
  taste: ['taste'],
  similar: ['similar'],
  popular: ['popular'],
} as const satisfies Partial<Record<ReasonCode, readonly (keyof BlendSettings)[]>>;

/** The sources that a session's items are enough for. */
export type SessionSource = keyof typeof GROUPS;

/**
 * Scores settings on held-out prefixes. A source is asked again only when its own settings have
 * changed: trying other weights costs a few microseconds a prefix.
 */
export class Trials {
  readonly sources: readonly SessionSource[];
  readonly #found = new Map<SessionSource, { key: string; answers: readonly Candidates[] }>();
  readonly #scores = new Map<string, HitRate>();
  readonly #blend = new Blend();
  #index: { key: string; index: NativeSessionIndex } | null = null;

  constructor(private readonly data: TrialData) {
    const { tastes, tasteVectors, similarVectors } = data;
    this.sources = (Object.keys(GROUPS) as SessionSource[]).filter((name) => {
      if (name === 'taste') return tastes !== null && tasteVectors !== null;
      return name === 'similar' ? similarVectors !== null : true;
    });
  }

  score(settings: BlendSettings): HitRate {
    const key = JSON.stringify(settings);
    const known = this.#scores.get(key);
    if (known) return known;
    const parts = this.sources
      .filter((name) => settings.weights[name] > 0)
      .map((name) => ({ weight: settings.weights[name], answers: this.#answers(name, settings) }));
    const score = new HitRate();
    this.data.prefixes.forEach(({ target }, p) => {
      parts.forEach(({ weight, answers }, source) => {
        this.#blend.add(source, weight, answers[p] as Candidates);
      });
      score.add(this.#blend.rankOf(target));
      this.#blend.clear();
    });
    this.#scores.set(key, score);
    return score;
  }

  close(): void {
    this.#index?.index.close();
  }

  #answers(name: SessionSource, settings: BlendSettings): readonly Candidates[] {
    const key = JSON.stringify([...GROUPS[name].map((group) => settings[group])]);
    const known = this.#found.get(name);
    if (known?.key === key) return known.answers;
    const source = this.#source(name, settings);
    const found = new Candidates(ROOM);
    const answers = this.data.prefixes.map(({ items }, p) => {
      const taste = this.data.tastes?.[p];
      source.find({ items, k: ROOM, ...(taste && { taste }) }, found);
      return copyOf(found);
    });
    this.#found.set(name, { key, answers });
    return answers;
  }

  #source(name: SessionSource, settings: BlendSettings): Source {
    const { tasteVectors, similarVectors } = this.data;
    switch (name) {
      case 'session_neighbours':
        return new SessionNeighbours(this.#indexFor(settings), settings.neighbours);
      case 'followed_by': return new SequentialRules(this.#indexFor(settings), settings.rules);
      case 'again': return new Again(settings.again);
      case 'taste': return new TasteSource(tasteVectors as ItemVectorIndex, settings.taste);
      case 'similar': return new SimilarItems(similarVectors as ItemVectorIndex, settings.similar);
      case 'popular': return this.#popular(settings);
    }
  }

  /** Rules are learned with their window and age decay; neighbours do not mind which. */
  #indexFor({ rules }: BlendSettings): NativeSessionIndex {
    const key = `${rules.window} ${rules.ageDecay}`;
    if (this.#index?.key === key) return this.#index.index;
    this.#index?.index.close();
    const { addon, past } = this.data;
    const options = { ruleWindow: rules.window, ruleAgeDecay: rules.ageDecay };
    const index = new addon.SessionIndex(options);
    index.load(past.rows, past.offsets);
    this.#index = { key, index };
    return index;
  }

  #popular(settings: BlendSettings): Popular {
    const popular = new Popular(settings.popular);
    for (const row of this.data.past.rows) popular.observe(row, 1);
    return popular;
  }
}

function copyOf(found: Candidates): Candidates {
  const copy = new Candidates(found.count);
  copy.count = found.count;
  copy.rows.set(found.rows.subarray(0, found.count));
  copy.scores.set(found.scores.subarray(0, found.count));
  return copy;
}
