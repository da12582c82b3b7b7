/** Random items with attributes, and random conditions over them, from a seed. */
import type { Prng } from '../../server/core/prng.ts';
import type { Item } from '../../server/store/store.ts';
import type { AttributeTypes } from '../../server/store/attributes.ts';
import type { CompareOp, Node } from '../../server/storefront/language/ast.ts';

export const TYPES: AttributeTypes = new Map([
  ['brand', 'text'], ['size', 'text'], ['margin', 'number'], ['screen-size', 'number'], ['vegan', 'boolean'],
  ['released', 'date'], ['price', 'number'],
]);
const BRANDS = ['x', 'y', '"quoted"', '颜色'];
const CATEGORIES = ['sale', 'shoes', 'dresses'];
const DATES = ['2026-01-01', '2026-06-01', '2026-11-23T08:00:00Z'];
const OPS: readonly CompareOp[] = ['=', '!=', '<', '<=', '>', '>='];
const at = 0;

export function randomItem(prng: Prng, id: string): Item {
  const some = <T>(value: T): T | undefined => (prng.below(3) === 0 ? undefined : value);
  const price = some(prng.below(6));
  const attributes = Object.fromEntries(Object.entries({
    brand: some(prng.pick(BRANDS)),
    size: some(['s', 'm', 'l'].filter(() => prng.below(2) === 0)),
    margin: some(prng.below(6) - 2.5),
    'screen-size': some(prng.below(6)),
    vegan: some(prng.below(2) === 0),
    released: some(prng.pick(DATES)),
    price: some(prng.below(6)), // an attribute of a name that every item has
  }).filter(([, value]) => value !== undefined)) as NonNullable<Item['attributes']>;
  return {
    id, title: id, inStock: prng.below(3) > 0,
    categories: CATEGORIES.filter(() => prng.below(3) === 0),
    ...(price !== undefined && { price }),
    ...(prng.below(8) > 0 && { attributes }),
  };
}

/** A condition that types check and a bitmap can be made of; at most `depth` deep. */
export function randomCondition(prng: Prng, depth: number): Node {
  const kind = prng.below(depth > 0 ? 9 : 6);
  if (kind === 6) return { kind: 'not', of: randomCondition(prng, depth - 1), at };
  if (kind > 6) {
    const parts = Array.from({ length: 2 + prng.below(3) }, () => randomCondition(prng, depth - 1));
    return { kind: kind === 7 ? 'all' : 'any', parts, at };
  }
  if (kind === 0) return prng.pick<Node>([{ kind: 'boolean', value: prng.below(2) === 0, at }, field('stock')]);
  if (kind === 1) return { kind: 'has', field: anyField(prng), at };
  const [left, one] = prng.pick(SIDES);
  const values = Array.from({ length: 1 + prng.below(3) }, () => one(prng));
  if (kind === 2) return { kind: 'in', left, values, at };
  const ordered = left.kind === 'field' && ['margin', 'screen-size', 'price', 'released'].includes(left.name);
  const op = ordered ? prng.pick(OPS) : prng.pick(OPS.slice(0, 2));
  const right = values[0] as Node;
  return prng.below(4) === 0
    ? { kind: 'compare', op, left: right, right: left, at }
    : { kind: 'compare', op, left, right, at };
}

function field(name: string, quoted = false): Extract<Node, { kind: 'field' }> {
  return { kind: 'field', name, quoted, of: 'item', at };
}

function anyField(prng: Prng): Extract<Node, { kind: 'field' }> {
  return prng.pick([field('category'), field('id'), field('stock'), field('price'), field('price', true),
    field('brand'), field('size'), field('vegan'), field('released'), field('screen-size', true)]);
}

const number = (prng: Prng): Node =>
  prng.below(5) === 0
    ? { kind: 'arithmetic', op: prng.pick(['+', '-', '*', '/']), left: number(prng), right: number(prng), at }
    : prng.below(6) === 0
      ? { kind: 'field', name: 'price', quoted: false, of: 'this', at }
      : { kind: 'number', value: prng.below(8) - 3 + 0.5 * prng.below(2), at };
const date = (prng: Prng): Node =>
  prng.below(3) === 0
    ? { kind: 'arithmetic', op: '-', left: { kind: 'now', at },
        right: { kind: 'duration', value: prng.below(400) * 86_400_000, at }, at }
    : { kind: 'text', value: prng.pick(DATES), at };
const text = (of: readonly string[]) => (prng: Prng): Node => ({ kind: 'text', value: prng.pick(of), at });

const SIDES: readonly (readonly [Node, (prng: Prng) => Node])[] = [
  [field('category'), text([...CATEGORIES, 'boat'])],
  [field('category'), () => ({ kind: 'field', name: 'category', quoted: false, of: 'this', at })],
  [field('id'), text(['0', '1', '7', 'none'])],
  [field('price'), number], [field('price', true), number], [field('margin'), number],
  [field('screen-size', true), number],
  [field('brand'), text([...BRANDS, 'z'])], [field('size'), text(['s', 'm', 'xl'])],
  [field('vegan'), (prng) => ({ kind: 'boolean', value: prng.below(2) === 0, at })],
  [field('stock'), (prng) => ({ kind: 'boolean', value: prng.below(2) === 0, at })],
  [field('released'), date],
];
