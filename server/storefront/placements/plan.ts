import { ServeError } from '../../core/errors.ts';
import type { Filter, Language, Placement, ReasonCode, RecommendRequest, Rules } from '../../wire/schema.ts';
import type { Node, Term } from '../language/ast.ts';
import type { Expressions } from '../language/expressions.ts';
import { ROOM } from '../retrieval/candidates.ts';
import { cappedFields } from './caps.ts';
import type { CappedField } from './caps.ts';
import type { Fallback, PlacementRules, Placements } from './placement.ts';

const K_DEFAULT = 20;
const POOL_MIN = 100; // candidates that rules choose from,
const POOL_BOOSTED_MIN = ROOM; // or all that a source may name, where boosts move what was found,
const POOL_PER_ITEM = 4; // or so many for each item of the answer,
const POOL_MAX = 500; // and no more than an answer may have

/** What of a request has to be worked out before it is searched for. */
export interface Plan {
  readonly placement: PlacementRules | null;
  readonly blend: Placement | undefined;
  /** Of an experiment's arm, in place of the blend's. */
  readonly weights?: Readonly<Partial<Record<ReasonCode, number>>> | undefined;
  readonly encoder?: string | undefined; // likewise, in place of the shop's
  readonly k: number;
  readonly pool: number; // candidates asked of the sources; k where no rule looks at them
  readonly filter: Filter;
  readonly conditions: readonly Node[];
  readonly rules: Rules; // the placement's and the request's together
  readonly arranging: Arranging | null; // null: the answer is what was found
  readonly fallback: readonly Fallback[] | null; // null: the filter is relaxed as without a placement
  readonly itemsMin: number;
  readonly language: Language | undefined;
}

/** Rules that look at what was found. */
export interface Arranging {
  readonly boosts: readonly Term[];
  readonly diversity: number;
  readonly caps: readonly CappedField[];
  readonly rotation: number;
  readonly halfLifeMs: number;
  readonly minRelevance: number;
  readonly shuffle: number;
}

type Asked = Rules & Pick<RecommendRequest,
  'placement' | 'k' | 'filter' | 'again' | 'language' | 'rerank'>;

/**
 * The plan for a request. Fails with `bad_argument` where the request's own rules do not read; a rule of
 * the placement that does not fit the shop's attributes is left out, and said in `degraded`.
 */
export function planOf(
  asked: Asked, placements: Placements, expressions: Expressions, degraded: string[],
): Plan {
  const placement = placementOf(asked, placements);
  const conditions: Node[] = [];
  const { where } = asked.filter;
  if (where !== undefined) conditions.push(expressions.filter(where, 'filter.where'));
  const own = <T>(read: () => T): T[] => {
    try {
      return [read()];
    } catch (error) {
      degraded.push(`placement '${placement?.name}': ${(error as ServeError).detail}: left out`);
      return [];
    }
  };
  if (placement?.filter !== undefined) {
    const { filter } = placement;
    conditions.push(...own(() => expressions.filter(filter, 'filter')));
  }
  const said = rulesOf(asked);
  const rules: Rules = { ...placement?.rules, ...said };
  const boosts = [
    ...(placement?.rules.boost ?? []).flatMap((term, i) => own(() => expressions.boost(term, `boost[${i}]`))),
    ...(said.boost ?? []).map((term, i) => expressions.boost(term, `boost[${i}]`)),
  ];
  const caps = said.caps
    ? cappedFields(said.caps, expressions.types)
    : own(() => cappedFields(rules.caps ?? {}, expressions.types)).flat();
  const k = asked.k ?? placement?.k ?? K_DEFAULT;
  const arranging = arrangingOf(rules, boosts, caps, asked.rerank !== undefined);
  return {
    placement, k, conditions, arranging,
    blend: placement?.blend,
    pool: arranging ? poolOf(k, boosts.length > 0) : k,
    filter: filterOf(asked, placement),
    rules: { ...rules, boost: [...placement?.rules.boost ?? [], ...said.boost ?? []] },
    fallback: placement?.fallback ?? null,
    itemsMin: Math.min(k, placement?.itemsMin ?? 1),
    language: asked.language ?? placement?.language,
  };
}

function poolOf(k: number, boosted: boolean): number {
  return Math.min(POOL_MAX, Math.max(boosted ? POOL_BOOSTED_MIN : POOL_MIN, POOL_PER_ITEM * k));
}

const RULES = [
  'boost', 'diversity', 'caps', 'rotation', 'rotationHours', 'minRelevance', 'shuffle', 'seed', 'personal',
] as const satisfies readonly (keyof Rules)[];

/** The rules among all that a request says. */
function rulesOf(asked: Rules): Rules {
  return Object.fromEntries(RULES.filter((name) => asked[name] !== undefined).map((name) => [name, asked[name]]));
}

function placementOf({ placement: name, rerank }: Asked, placements: Placements): PlacementRules | null {
  const asked = name ?? (rerank ? 'search' : undefined);
  if (asked === undefined) return null;
  const placement = placements.get(asked);
  if (placement) return placement;
  const known = [...placements.keys()].join(', ');
  throw new ServeError('bad_argument', `placement: '${asked}' is none of ${known}`);
}

/** What the request says holds; what it leaves open, the placement says. */
function filterOf({ filter, again }: Asked, placement: PlacementRules | null): Filter {
  if (!placement && again === undefined) return filter;
  const bought = again ?? placement?.again;
  const days = placement?.boughtDays;
  const seen = placement?.excludeSeen;
  return {
    ...(seen !== undefined && { excludeSeen: seen }),
    ...(days !== undefined && { boughtDays: days }),
    ...(bought === true && { excludeBought: false }),
    ...filter,
    ...(again === true && { excludeBought: false }),
  };
}

function arrangingOf(
  rules: Rules, boosts: readonly Term[], caps: readonly CappedField[], reranks: boolean,
): Arranging | null {
  const { diversity = 0, rotation = 0, rotationHours = 24, minRelevance = 0, shuffle = 0 } = rules;
  const any = boosts.length + caps.length > 0 || diversity + rotation + minRelevance + shuffle > 0;
  if (!any && !reranks) return null;
  return {
    boosts, caps, diversity, rotation, minRelevance, shuffle, halfLifeMs: rotationHours * 3_600_000,
  };
}
