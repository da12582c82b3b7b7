import { join } from 'node:path';
import type { Clock } from '../../server/core/clock.ts';
import type { Store } from '../../server/store/store.ts';
import { readPastSessions } from '../../server/storefront/retrieval/past-sessions.ts';
import { chooseBlend } from '../../server/storefront/retrieval/tune/choose-blend.ts';
import type { ShopEvent } from '../../server/wire/schema.ts';
import { makeIntent } from './intent.ts';
import { makeItemVectors, VECTOR_DIM } from './item-vectors.ts';
import { copyModel, writeModel, type NewModel } from './model-folder.ts';
import { LineReport } from './report.ts';
import { ENCODER_DEFAULTS } from './encoder/train.ts';
import { makeSessionEncoder } from './session-encoder.ts';
import { trainingSessions, type TrainingSessions } from './training-sessions.ts';

/** In the order in which they are made: the blend weighs the models before it. */
export const PARTS = ['item-vectors', 'session-encoder', 'intent', 'blend'] as const;
export type Part = (typeof PARTS)[number];

export interface TrainOptions {
  readonly only: readonly Part[];
  readonly epochs: number;
  readonly seed: number;
  readonly minutesMax: number; // for the session encoder
  readonly dim?: number; // of the learned vectors
  readonly candidate?: boolean; // versions that are not served until somebody says so
  readonly trainedOn?: string; // for the cards, where it is not simply the shop's own events
}

const INTENT_EPOCHS = 15;

/** Fewer sessions of two visits say nothing that would not be said better by what is popular. */
const SESSIONS_MIN = 50;

/**
 * Learns all of `only` from what the store holds and writes new versions into `repository`. What
 * the data can't teach is said in a line and left as it was; a missing intent model is then copied
 * from `shipped`, with the card that says what it was trained on. `refused`: a model was learned and
 * does not beat its baselines.
 */
export async function trainStore(
  store: Store, repository: string, shipped: string,
  options: TrainOptions & { readonly sessionMinutesMax: number },
  clock: Clock, say: (line: string) => void,
): Promise<{ readonly refused: boolean }> {
  const { only, seed, epochs, minutesMax, sessionMinutesMax, dim = VECTOR_DIM } = options;
  const past = readPastSessions(store, sessionMinutesMax);
  const sessions = trainingSessions(past, (row) => store.itemAt(row)?.id ?? String(row));
  const trainedOn = options.trainedOn ?? describe(store, sessions);
  say(trainedOn);
  const enough = longSessions(sessions) >= SESSIONS_MIN;
  const write = (model: NewModel): void => {
    const version = writeModel(repository, model, options.candidate);
    say(`wrote ${join(repository, model.name, String(version))}`);
  };
  let refused = false;
  for (const part of PARTS.filter((each) => only.includes(each))) {
    const report = new LineReport(part, clock, say);
    if (part === 'intent') {
      const silenceMs = sessionMinutesMax * 60_000;
      const models = makeIntent(
        eventsOf(store), trainedOn, { seed, epochs: INTENT_EPOCHS, silenceMs }, clock, report);
      if (!('why' in models)) {
        models.forEach(write);
        continue;
      }
      refused ||= models.refused;
      report.line(`${models.why}: the intent model stays as it is`);
      for (const name of ['intent', 'intent-tfjs', 'intent-why']) copyModel(shipped, repository, name);
      continue;
    }
    if (!enough) {
      report.line(`fewer than ${SESSIONS_MIN} sessions of two visits: nothing to learn from`);
      continue;
    }
    if (part === 'item-vectors') {
      write(await makeItemVectors(sessions, trainedOn, { seed, dim }, clock, report));
    } else if (part === 'session-encoder') {
      const encoder = { ...ENCODER_DEFAULTS, seed, epochs, minutesMax, dim };
      write(await makeSessionEncoder(sessions, trainedOn, encoder, clock, report));
    } else {
      await chooseBlend(store, repository, (line) => report.line(line), sessionMinutesMax);
    }
  }
  return { refused };
}

function* eventsOf(store: Store): Generator<ShopEvent> {
  for (const { event } of store.events()) yield event;
}

function describe(store: Store, { ids, train }: TrainingSessions): string {
  const count = (value: number): string => value.toLocaleString('en');
  return `${count(store.eventCount)} events of this shop, ${count(train.offsets.length - 1)} ` +
    `sessions to learn from, ${count(ids.length)} items`;
}

function longSessions({ train: { offsets } }: TrainingSessions): number {
  let count = 0;
  for (let s = 0; s + 1 < offsets.length; s += 1) {
    if ((offsets[s + 1] as number) - (offsets[s] as number) > 1) count += 1;
  }
  return count;
}
