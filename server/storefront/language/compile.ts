import type { FilterExpression } from '../../ann/filter-code.ts';
import type { CompareOp, FieldNode, Node } from './ast.ts';
import { isConstant } from './check.ts';
import { meets, valueOf } from './evaluate.ts';
import type { Setting, Value } from './evaluate.ts';

/** The numbers by which the native filter index knows what expressions speak of. */
export interface Numbering {
  /** Of one value of a field of texts or of yes and no; undefined where no item has ever had it. */
  valueNumber(field: FieldNode, value: string): number | undefined;
  /** Of having the field at all. */
  hasNumber(field: FieldNode): number | undefined;
  /** The column of a number or date; undefined where there is none. */
  column(field: FieldNode): number | undefined;
  readonly stockFlag: number;
  rowOf(id: string): number | undefined;
}

const NOTHING: FilterExpression = { rows: [] };

/**
 * A checked condition as the native filter program: the rows that `meets` would find one by one. What
 * is the same for every item is worked out here.
 */
export function compile(node: Node, numbers: Numbering, setting: Setting): FilterExpression {
  if (isConstant(node)) return meets(node, undefined, setting) ? 'everything' : NOTHING;
  switch (node.kind) {
    case 'not': return { not: compile(node.of, numbers, setting) };
    case 'all': return { all: node.parts.map((part) => compile(part, numbers, setting)) };
    case 'any': return { any: node.parts.map((part) => compile(part, numbers, setting)) };
    case 'has': return has(node.field, numbers);
    case 'field': return equals(node, [true], numbers); // of yes or no
    case 'compare': {
      const [field, op, other] = isConstant(node.right)
        ? [node.left, node.op, node.right] as const
        : [node.right, FLIPPED[node.op], node.left] as const;
      return compared(field as FieldNode, op, valueOf(other, undefined, setting), numbers);
    }
    case 'in': {
      const values = node.values.map((value) => valueOf(value, undefined, setting));
      return equals(node.left as FieldNode, values, numbers);
    }
    default: throw new Error(`a condition is no ${node.kind}`); // checked before
  }
}

const FLIPPED: Readonly<Record<CompareOp, CompareOp>> = {
  '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=',
};

function compared(field: FieldNode, op: CompareOp, value: Value, numbers: Numbering): FilterExpression {
  if (op === '=') return equals(field, [value], numbers);
  if (op === '!=') return { not: equals(field, [value], numbers) };
  if (typeof value !== 'number') return NOTHING;
  switch (op) {
    case '<': return range(field, -Infinity, below(value), numbers);
    case '<=': return range(field, -Infinity, value, numbers);
    case '>': return range(field, above(value), Infinity, numbers);
    case '>=': return range(field, value, Infinity, numbers);
  }
}

/** Items that have one of the values. */
function equals(field: FieldNode, values: readonly Value[], numbers: Numbering): FilterExpression {
  if (field.type === 'number' || field.type === 'date') {
    const any = values.filter((value) => typeof value === 'number')
      .map((value) => range(field, value, value, numbers));
    return any.length === 1 ? any[0] as FilterExpression : { any };
  }
  if (field.type === 'boolean') {
    const any = values.filter((value) => typeof value === 'boolean').map((value) => isTrue(field, value, numbers));
    return any.length === 1 ? any[0] as FilterExpression : { any };
  }
  const texts = values.flatMap((value) => (typeof value === 'object' ? value : []));
  const isId = field.name === 'id' && !field.quoted;
  const found = texts
    .map((text) => (isId ? numbers.rowOf(text) : numbers.valueNumber(field, text)))
    .filter((number) => number !== undefined);
  return isId ? { rows: [...new Set(found)].sort((a, b) => a - b) } : { category: found };
}

function isTrue(field: FieldNode, value: boolean, numbers: Numbering): FilterExpression {
  if (field.name === 'stock' && !field.quoted) {
    const inStock = { flag: numbers.stockFlag };
    return value ? inStock : { not: inStock };
  }
  const number = numbers.valueNumber(field, String(value));
  return number === undefined ? NOTHING : { category: [number] };
}

function has(field: FieldNode, numbers: Numbering): FilterExpression {
  if (!field.quoted && (field.name === 'id' || field.name === 'stock')) return 'everything';
  if (field.type === 'number' || field.type === 'date') return range(field, -Infinity, Infinity, numbers);
  const number = numbers.hasNumber(field);
  return number === undefined ? NOTHING : { category: [number] };
}

function range(field: FieldNode, min: number, max: number, numbers: Numbering): FilterExpression {
  const column = numbers.column(field);
  if (column === undefined || Number.isNaN(min) || Number.isNaN(max) || min > max) return NOTHING;
  return { column, min, max };
}

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

/** The next number up: a native range has both of its ends. */
function above(value: number): number {
  return value === Infinity ? NaN : -below(-value);
}

/** The next number down. */
function below(value: number): number {
  if (value === -Infinity) return NaN;
  if (value === Infinity) return Number.MAX_VALUE;
  if (value === 0) return -Number.MIN_VALUE;
  float[0] = value;
  bits[0] = (bits[0] as bigint) + (value > 0 ? -1n : 1n);
  return float[0] as number;
}
