import type { BlendSettings } from '../settings.ts';
import type { SessionSource } from './trials.ts';

/** One number that is tried at the steps of a ladder. */
export interface Knob {
  readonly name: string;
  /** Settings with the number at each step, in order; one of them is where it stands. */
  steps(settings: BlendSettings): readonly BlendSettings[];
}

/** Ages are tried as shares of the sessions there are: shops are of all sizes. 0 is no decay. */
const AGE_SHARES = [0.1, 0.2, 0.4, 0.7, 1, 2, 0];
const WEIGHTS = [
  0, 0.003, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.3, 1.7,
  2.2, 3, 4, 6,
];

/** The weights of all sources but session neighbours, which the others are measured against. */
export function weightKnobs(sources: readonly SessionSource[]): Knob[] {
  return sources
    .filter((name) => name !== 'session_neighbours')
    .map((name) => knob('weights', name, WEIGHTS));
}

/** What the sources are told, most telling first. Only of those that are there. */
export function sourceKnobs(
  sources: readonly SessionSource[],
  sessions: number,
  rows: number,
): Knob[] {
  const ages = AGE_SHARES.map((share) => Math.round(share * sessions));
  const halfLives = [0.02, 0.05, 0.2, 1].map((share) => Math.max(1, Math.round(share * rows)));
  const knobs: Record<SessionSource, readonly Knob[]> = {
    session_neighbours: [
      knob('neighbours', 'ageDecay', ages),
      knob('neighbours', 'queryDecay', [0.5, 0.7, 1, 1.5, 2.5, 4]),
      knob('neighbours', 'neighbours', [100, 200, 300, 500, 1000]),
      knob('neighbours', 'sample', [1000, 2500, 5000]),
      knob('neighbours', 'itemDecay', [1.2, 1.8, 2.5, 4, 7]),
      knob('neighbours', 'lengthPower', [0, 0.15, 0.3, 0.5, 0.7]),
    ],
    followed_by: [
      knob('rules', 'ageDecay', ages),
      knob('rules', 'decay', [0.15, 0.3, 0.5, 0.7, 0.85]),
      knob('rules', 'last', [1, 2, 3, 5, 8]),
    ],
    again: [knob('again', 'decay', [0.3, 0.5, 0.7, 0.85])],
    taste: [knob('taste', 'temperature', [0.5, 0.7, 1, 1.4, 2])],
    similar: [knob('similar', 'temperature', [0.03, 0.1, 0.3])],
    popular: [knob('popular', 'halfLife', halfLives)],
  };
  return sources.flatMap((source) => knobs[source]);
}

function knob(group: keyof BlendSettings, field: string, ladder: readonly number[]): Knob {
  return {
    name: `${group}.${field}`,
    steps(settings) {
      const standing = (settings[group] as Readonly<Record<string, number>>)[field] as number;
      const values = ladder.includes(standing) ? ladder : insert(ladder, standing);
      return values.map((value) => ({
        ...settings,
        [group]: { ...settings[group], [field]: value },
      }));
    },
  };
}

/** Between its neighbours; ladders ascend, but for a 0 at the end that stands for infinity. */
function insert(ladder: readonly number[], value: number): readonly number[] {
  const at = ladder.findIndex((step, i) => step > value || (step === 0 && i > 0));
  return at < 0 ? [...ladder, value] : [...ladder.slice(0, at), value, ...ladder.slice(at)];
}
