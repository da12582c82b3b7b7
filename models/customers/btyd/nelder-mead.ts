export interface Minimum {
  readonly at: readonly number[];
  readonly value: number;
  readonly rounds: number;
}

/** Stops when the simplex spans no more than these. */
const SPAN = { value: 1e-11, place: 1e-5 };

/**
 * The least value of `f` near `start` (Nelder & Mead 1965), without derivatives. Values that are no
 * numbers count as worst. It finds a local minimum only: callers start from several places.
 */
export function nelderMead(
  f: (at: readonly number[]) => number, start: readonly number[], step = 0.5, roundsMax = 2000,
): Minimum {
  const value = (at: readonly number[]): number => {
    const y = f(at);
    return Number.isNaN(y) ? Infinity : y;
  };
  const corner = (at: readonly number[]): Corner => ({ at, y: value(at) });
  const corners = [corner(start)];
  start.forEach((x, i) => corners.push(corner(start.map((w, j) => (i === j ? x + step : w)))));
  const last = corners.length - 1;
  let rounds = 0;
  for (; rounds < roundsMax; rounds += 1) {
    corners.sort((a, b) => a.y - b.y);
    const best = corners[0]!;
    const worst = corners[last]!;
    if (closeTogether(corners)) break;
    const middle = start.map((_, i) =>
      corners.slice(0, last).reduce((sum, c) => sum + (c.at[i] as number), 0) / last);
    const along = (share: number): Corner =>
      corner(middle.map((m, i) => m + share * ((worst.at[i] as number) - m)));
    const mirrored = along(-1);
    if (mirrored.y < best.y) {
      const further = along(-2);
      corners[last] = further.y < mirrored.y ? further : mirrored;
    } else if (mirrored.y < corners[last - 1]!.y) {
      corners[last] = mirrored;
    } else {
      const inside = along(mirrored.y < worst.y ? -0.5 : 0.5);
      if (inside.y < Math.min(mirrored.y, worst.y)) corners[last] = inside;
      else {
        for (let i = 1; i <= last; i += 1) {
          corners[i] = corner(corners[i]!.at.map((x, j) => (x + (best.at[j] as number)) / 2));
        }
      }
    }
  }
  corners.sort((a, b) => a.y - b.y);
  return { at: corners[0]!.at, value: corners[0]!.y, rounds };
}

/** The best of runs from each start, each begun once more where it ended: a simplex can collapse. */
export function leastFrom(
  f: (at: readonly number[]) => number, starts: readonly (readonly number[])[],
): Minimum {
  const found = starts.map((start) => nelderMead(f, start));
  const best = found.reduce((a, b) => (b.value < a.value ? b : a));
  return nelderMead(f, best.at, 0.1);
}

interface Corner {
  readonly at: readonly number[];
  readonly y: number;
}

function closeTogether(sorted: readonly Corner[]): boolean {
  const best = sorted[0]!;
  const worst = sorted.at(-1)!;
  if (!(worst.y - best.y <= SPAN.value * (1 + Math.abs(best.y)))) return false;
  return sorted.every(({ at }) =>
    at.every((x, i) => Math.abs(x - (best.at[i] as number)) <= SPAN.place));
}
