import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from '../../../ann/binding.ts';
import { systemClock } from '../../../core/clock.ts';
import { Log } from '../../../core/log.ts';
import type { Store } from '../../../store/store.ts';
import { runEncoder } from '../encoder-run.ts';
import { percent } from '../hit-rate.ts';
import { openVectors } from '../open.ts';
import {
  HELD_OUT_SHARE, prefixesOf, readPastSessions, sessionCount, splitSessions,
} from '../past-sessions.ts';
import type { PastSessions, Prefix } from '../past-sessions.ts';
import { DEFAULT_SETTINGS, writeSettings } from '../settings.ts';
import type { BlendRecord, BlendSettings } from '../settings.ts';
import { choosePlacements } from './choose-placements.ts';
import { climb } from './climb.ts';
import { sourceKnobs, weightKnobs } from './knobs.ts';
import { Trials } from './trials.ts';
import type { TrialData } from './trials.ts';

/** Takes one line of text. */
export type Progress = (line: string) => void;

const PREFIXES_MAX = 6000; // one standard error of HR@20 is then 0.6 points
const PREFIXES_MIN = 100; // fewer would choose by chance
const ROUNDS = 2;

/** Settings, and what they were chosen on; null when there was too little to choose on. */
export interface Choice {
  readonly settings: BlendSettings;
  readonly record: BlendRecord | null;
}

/**
 * Chooses how the blend is made for a store's own sessions and writes it into the repository's
 * `recommend.json`. The newest 5 % of the sessions are predicted from the others, with the learned
 * vectors of the repository where their card says that they were trained without those sessions.
 */
export async function chooseBlend(
  store: Store,
  repository: string,
  progress: Progress,
  sessionMinutesMax = 30,
): Promise<BlendSettings> {
  const addon = loadAddon();
  const log = new Log('error');
  const sessions = readPastSessions(store, sessionMinutesMax);
  const { older, newest } = splitSessions(sessions, HELD_OUT_SHARE);
  const prefixes = prefixesOf(newest, PREFIXES_MAX);
  const rowOf = (id: string) => store.item(id)?.row;
  const learned = (model: string, metric: 'ip' | 'cosine') => {
    if (!existsSync(join(repository, model))) return null;
    if (isHonest(repository, model)) {
      return openVectors({ addon, repository, rowOf, log }, model, metric);
    }
    progress(`${model}: its card has no held_out_share of ${HELD_OUT_SHARE}: default weight`);
    return null;
  };
  const tasteVectors = learned('session-encoder', 'ip');
  const idsOf = ({ items }: Prefix) => Array.from(items, (row) => store.itemAt(row)?.id ?? '');
  const tastes = tasteVectors && (await runEncoder(repository, prefixes.map(idsOf)));
  const similarVectors = learned('item-vectors', 'cosine');
  const data = { addon, past: older, prefixes, tastes, tasteVectors, similarVectors };
  const blend = chooseSettings(data, sessionCount(newest), progress);
  const parts = { addon, repository, tasteVectors, similarVectors };
  const { settings, records } =
    await choosePlacements(store, blend.settings, parts, sessionMinutesMax, progress);
  tasteVectors?.close();
  similarVectors?.close();
  if (blend.record || Object.keys(records).length > 0) {
    const record = blend.record ?? nothingChosen(sessionCount(sessions));
    progress(`wrote ${writeSettings(repository, settings, { ...record, placements: records })}`);
  }
  return settings;
}

/** Of the one blend, where only placements had enough to choose by. */
function nothingChosen(sessions: number): BlendRecord {
  const at = new Date(systemClock.wallMs()).toISOString();
  return { at, sessions, heldOut: 0, prefixes: 0, hr20: 0, mrr20: 0, sources: [] };
}

/** The same on sessions that are in no store, without learned vectors. */
export function chooseForSessions(
  sessions: PastSessions,
  progress: Progress,
): Choice {
  const { older, newest } = splitSessions(sessions, HELD_OUT_SHARE);
  const prefixes = prefixesOf(newest, PREFIXES_MAX);
  const none = { tastes: null, tasteVectors: null, similarVectors: null };
  const data = { addon: loadAddon(), past: older, prefixes, ...none };
  return chooseSettings(data, sessionCount(newest), progress);
}

/** Climbs from the defaults: weights first, then what the sources are told, then weights again. */
function chooseSettings(data: TrialData, heldOut: number, progress: Progress): Choice {
  const { past, prefixes } = data;
  if (prefixes.length < PREFIXES_MIN) {
    progress(`${prefixes.length} held-out prefixes are too few to choose by: defaults`);
    return { settings: DEFAULT_SETTINGS, record: null };
  }
  const startUs = systemClock.nowUs();
  const trials = new Trials(data);
  const say = (what: string): void => {
    const { hr20, mrr20 } = trials.score(settings);
    const seconds = ((systemClock.nowUs() - startUs) / 1e6).toFixed(1);
    progress(`${what}: validation HR@20 ${percent(hr20)} MRR@20 ${percent(mrr20)}, ${seconds} s`);
  };
  const objective = (tried: BlendSettings): number => trials.score(tried).both;
  const weights = weightKnobs(trials.sources);
  const others = sourceKnobs(trials.sources, sessionCount(past), past.rows.length);

  let settings = DEFAULT_SETTINGS;
  say('defaults');
  settings = climb(settings, weights, objective);
  say('weights');
  for (let round = 0; round < ROUNDS; round++) {
    const before = settings;
    settings = climb(climb(settings, others, objective), weights, objective);
    say(`round ${round + 1}`);
    if (settings === before) break;
  }
  const { hr20, mrr20 } = trials.score(settings);
  const { sources } = trials;
  trials.close();
  const at = new Date(systemClock.wallMs()).toISOString();
  const sessions = sessionCount(past) + heldOut;
  const record = { at, sessions, heldOut, prefixes: prefixes.length, hr20, mrr20, sources };
  return { settings, record };
}

/** Whether the held-out sessions are new to a model, by what its card says. */
function isHonest(repository: string, model: string): boolean {
  const path = join(repository, model, 'card.json');
  if (!existsSync(path)) return false;
  const card = JSON.parse(readFileSync(path, 'utf8')) as { held_out_share?: unknown };
  return typeof card.held_out_share === 'number' && card.held_out_share >= HELD_OUT_SHARE;
}
