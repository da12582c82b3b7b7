import type { Item } from '../../store/store.ts';
import { dateMs } from '../../store/attributes.ts';
import type { CompareOp, FieldNode, FunctionName, Node, Term } from './ast.ts';

/** What expressions are asked about beside the item itself. */
export interface Setting {
  readonly nowMs: number;
  /** The item that the answer starts from. */
  readonly this?: Facts | undefined;
}

export type Facts = Pick<Item, 'id' | 'categories' | 'price' | 'inStock' | 'attributes'>;

/** Dates and durations are milliseconds. Undefined: the item has no such attribute. */
export type Value = number | boolean | readonly string[] | undefined;

/**
 * Whether an item meets a checked condition. What an item has not makes a comparison false, so that
 * `not` and `!=` let it pass. Pure.
 */
export function meets(node: Node, item: Facts | undefined, setting: Setting): boolean {
  return valueOf(node, item, setting) === true;
}

/** What a checked expression comes to; `item` undefined for what is the same for every item. */
export function valueOf(node: Node, item: Facts | undefined, setting: Setting): Value {
  switch (node.kind) {
    case 'number': case 'duration': case 'date': case 'boolean': return node.value;
    case 'text': return [node.value];
    case 'now': return setting.nowMs;
    case 'field': return fieldOf(node, item, setting);
    case 'has': return fieldOf(node.field, item, setting) !== undefined;
    case 'not': return valueOf(node.of, item, setting) !== true;
    case 'all': return node.parts.every((part) => meets(part, item, setting));
    case 'any': return node.parts.some((part) => meets(part, item, setting));
    case 'compare':
      return compared(node.op, valueOf(node.left, item, setting), valueOf(node.right, item, setting));
    case 'in': {
      const left = valueOf(node.left, item, setting);
      return node.values.some((value) => compared('=', left, valueOf(value, item, setting)));
    }
    case 'negate': return -numberOf(node.of, item, setting);
    case 'arithmetic': {
      const left = numberOf(node.left, item, setting);
      const right = numberOf(node.right, item, setting);
      if (node.op === '+') return left + right;
      if (node.op === '-') return left - right;
      return node.op === '*' ? left * right : left / right;
    }
    case 'call': return CALLS[node.name](...node.args.map((arg) => numberOf(arg, item, setting)));
  }
}

/**
 * The score with each term done to it in turn; `unit` is what an addend of 1 adds. A term whose
 * condition does not hold, or that comes to no finite number, changes nothing; a score does not fall
 * below 0.
 */
export function boosted(
  score: number, terms: readonly Term[], item: Facts, setting: Setting, unit: number,
): number {
  let now = score;
  for (const { how, value, condition } of terms) {
    if (condition && !meets(condition, item, setting)) continue;
    const by = numberOf(value, item, setting);
    if (!Number.isFinite(by)) continue;
    const next = how === 'times' ? now * by : now + by * unit;
    if (Number.isFinite(next)) now = Math.max(0, next);
  }
  return now;
}

/** Of a number, or NaN. */
function numberOf(node: Node, item: Facts | undefined, setting: Setting): number {
  const value = valueOf(node, item, setting);
  return typeof value === 'number' ? value : NaN;
}

function compared(op: CompareOp, left: Value, right: Value): boolean {
  if (op === '!=') return !compared('=', left, right);
  if (left === undefined || right === undefined) return false;
  if (typeof left === 'object' && typeof right === 'object') {
    return op === '=' && left.some((text) => right.includes(text));
  }
  switch (op) {
    case '=': return left === right;
    case '<': return left < right;
    case '<=': return left <= right;
    case '>': return left > right;
    case '>=': return left >= right;
  }
}

/** Also what an item without the attribute has of a built-in one: no price, no category. */
function fieldOf(field: FieldNode, item: Facts | undefined, setting: Setting): Value {
  const of = field.of === 'this' ? setting.this : item;
  if (!of) return undefined;
  if (!field.quoted) {
    switch (field.name) {
      case 'id': return [of.id];
      case 'category': return of.categories.length === 0 ? undefined : of.categories;
      case 'price': return Number.isFinite(of.price) ? of.price : undefined;
      case 'stock': return of.inStock;
    }
  }
  const value = ownOf(of, field.name);
  if (value === undefined) return undefined;
  if (typeof value === 'string') return field.type === 'date' ? dateMs(value) ?? undefined : [value];
  if (typeof value === 'object') return value.length === 0 ? undefined : value;
  return value;
}

function ownOf({ attributes }: Facts, name: string) {
  return attributes && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

const CALLS: Readonly<Record<FunctionName, (...args: number[]) => number>> = {
  abs: Math.abs, ceil: Math.ceil, exp: Math.exp, floor: Math.floor, log: Math.log,
  log1p: Math.log1p, max: Math.max, min: Math.min, pow: Math.pow, sqrt: Math.sqrt,
};
