import type { BlendSettings } from '../settings.ts';
import type { Knob } from './knobs.ts';

// A step must be worth it: less than this share of the score is what another draw of visitors
// would give or take.
const GAIN_MIN = 0.0003;

/**
 * Turns one knob after the other as long as the score gets better: up or down its ladder, one step
 * at a time, looking one step past a step that is no better. Pure but for what `score` does.
 */
export function climb(
  start: BlendSettings,
  knobs: readonly Knob[],
  score: (settings: BlendSettings) => number,
): BlendSettings {
  let best = start;
  for (const knob of knobs) best = turn(best, knob, score);
  return best;
}

function turn(
  start: BlendSettings,
  knob: Knob,
  score: (settings: BlendSettings) => number,
): BlendSettings {
  const steps = knob.steps(start);
  const standing = JSON.stringify(start);
  const from = steps.findIndex((step) => JSON.stringify(step) === standing);
  let best = start;
  let bestScore = score(start);
  for (const direction of [1, -1]) {
    let misses = 0;
    for (let at = from + direction; at in steps && misses < 2; at += direction) {
      const step = steps[at] as BlendSettings;
      const its = score(step);
      if (its > bestScore * (1 + GAIN_MIN)) {
        best = step;
        bestScore = its;
        misses = 0;
      } else misses += 1;
    }
    if (best !== start) break; // it is better this way, so not the other way as well
  }
  return best;
}
