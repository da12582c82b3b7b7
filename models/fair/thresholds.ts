import { descending, eachTie } from '../learn/metrics/order.ts';

/** What is to be alike in all groups. */
export const CONSTRAINTS = ['demographic_parity', 'equal_opportunity', 'equalised_odds'] as const;
export type Constraint = (typeof CONSTRAINTS)[number];

/**
 * How one group is decided: above `high` always; from `low` on with chance `share`; and with chance
 * `blind`, in place of all that, by a coin that says yes with chance `coin`.
 */
export interface GroupRule {
  readonly low: number;
  readonly high: number; // at least `low`
  readonly share: number;
  readonly blind: number;
  readonly coin: number;
}

const GRID = 1000;

/**
 * Thresholds by group (Hardt, Price & Srebro 2016): of all rules that make the groups alike, those
 * that are right most often. Points between two thresholds are had by chance, as the best rules
 * under such constraints need. `scores` are higher where the outcome is likelier; every group needs
 * rows with both outcomes.
 */
export function fairThresholds(
  scores: ArrayLike<number>, outcomes: ArrayLike<number>, groups: ArrayLike<number>, count: number,
  constraint: Constraint,
): GroupRule[] {
  const hulls = Array.from({ length: count }, (_, group) =>
    rocHull(scores, outcomes, Array.from(groups as ArrayLike<number> & Iterable<number>)
      .flatMap((each, row) => (each === group ? [row] : []))));
  let best = { right: -1, points: hulls.map((hull) => pointAt(hull, 'x', 0)), y: 0 };
  for (let step = 0; step <= GRID; step += 1) {
    const at = step / GRID;
    const points = hulls.map((hull) => {
      if (constraint === 'demographic_parity') return pointAt(hull, 'selected', at);
      return pointAt(hull, constraint === 'equal_opportunity' ? 'y' : 'x', at);
    });
    const y = Math.min(...points.map((point) => point.y)); // what every group can have
    const right = hulls.reduce((sum, hull, group) => {
      const point = points[group] as Point;
      const reached = constraint === 'equalised_odds' ? y : point.y;
      return sum + reached * hull.ones + (1 - point.x) * hull.zeros;
    }, 0);
    if (right > best.right + 1e-9) best = { right, points, y };
  }
  return best.points.map((point) => {
    // Equalised odds: a group that could do better is brought down, towards a coin with the same x.
    const above = constraint === 'equalised_odds' ? point.y - best.y : 0;
    const blind = above > 1e-12 ? above / (point.y - point.x) : 0;
    return { ...point.rule, blind, coin: point.x };
  });
}

/** The decision by a rule; `chance` is uniform over [0, 1), the same for a customer each time. */
export function decide(rule: GroupRule, score: number, chance: number): 0 | 1 {
  // One draw serves both: what is left of it within its part is uniform again.
  if (chance < rule.blind) return chance / rule.blind < rule.coin ? 1 : 0;
  const rest = (chance - rule.blind) / (1 - rule.blind);
  if (score >= rule.high) return 1;
  return score >= rule.low && rest < rule.share ? 1 : 0;
}

interface Corner {
  readonly x: number; // false positive rate
  readonly y: number; // true positive rate
  readonly threshold: number; // decided for: scores of at least this
}

interface Hull {
  readonly corners: readonly Corner[]; // from (0, 0) to (1, 1), above all others
  readonly ones: number;
  readonly zeros: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly rule: Pick<GroupRule, 'low' | 'high' | 'share'>;
}

function rocHull(
  scores: ArrayLike<number>, outcomes: ArrayLike<number>, rows: readonly number[],
): Hull {
  const own = rows.map((row) => scores[row] as number);
  const ones = rows.reduce((sum, row) => sum + (outcomes[row] as number), 0);
  const zeros = rows.length - ones;
  const order = descending(own);
  const corners: Corner[] = [{ x: 0, y: 0, threshold: Infinity }];
  let found = 0;
  eachTie(own, order, (from, end) => {
    for (let at = from; at < end; at += 1) found += outcomes[rows[order[at] as number] as number] as number;
    const corner = { x: (end - found) / zeros, y: found / ones, threshold: own[order[from] as number] as number };
    while (corners.length > 1 && below(corners.at(-2) as Corner, corners.at(-1) as Corner, corner)) corners.pop();
    corners.push(corner);
  });
  return { corners, ones, zeros };
}

/** Whether b lies on or below the line from a to c. */
function below(a: Corner, b: Corner, c: Corner): boolean {
  return (b.y - a.y) * (c.x - a.x) <= (c.y - a.y) * (b.x - a.x);
}

/** Where the hull has the given false positive rate, true positive rate, or share decided for. */
function pointAt({ corners, ones, zeros }: Hull, axis: 'x' | 'y' | 'selected', at: number): Point {
  const of = ({ x, y }: Corner): number =>
    (axis === 'selected' ? (x * zeros + y * ones) / (zeros + ones) : axis === 'x' ? x : y);
  // Of corners with the same place on the axis, the one that is right more often.
  let end = corners.findIndex((corner) => of(corner) > at || (axis !== 'x' && of(corner) >= at));
  if (end === -1) end = corners.length - 1;
  end = Math.max(1, end);
  const [a, b] = [corners[end - 1] as Corner, corners[end] as Corner];
  const width = of(b) - of(a);
  const share = width === 0 ? 0 : Math.min(1, Math.max(0, (at - of(a)) / width));
  return {
    x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y),
    rule: { high: a.threshold, low: b.threshold, share },
  };
}
