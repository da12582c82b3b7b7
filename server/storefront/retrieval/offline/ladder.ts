// A step must be worth it: less than this share is what another draw of users would give or take.
const GAIN_MIN = 0.0005;

/**
 * Moves one number after the other along its ladder while `judge` grows, looking one step past a
 * step that is no better; `rounds` times over all. Pure but for what `judge` does.
 */
export function climbLadders(
  start: readonly number[],
  ladders: readonly (readonly number[])[],
  rounds: number,
  judge: (values: readonly number[]) => number,
): number[] {
  let best = [...start];
  let bestScore = judge(best);
  for (let round = 0; round < rounds; round++) {
    const before = bestScore;
    ladders.forEach((ladder, knob) => {
      for (const direction of [1, -1]) {
        const standing = best;
        const from = ladder.indexOf(best[knob] as number);
        let misses = 0;
        for (let at = from + direction; at in ladder && misses < 2; at += direction) {
          const tried = best.with(knob, ladder[at] as number);
          const score = judge(tried);
          if (score > bestScore * (1 + GAIN_MIN)) {
            best = tried;
            bestScore = score;
            misses = 0;
          } else misses += 1;
        }
        if (best !== standing) break; // it is better this way, so not the other way as well
      }
    });
    if (bestScore === before) break;
  }
  return best;
}
