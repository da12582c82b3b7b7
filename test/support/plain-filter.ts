import type { FilterExpression } from '../../server/ann/filter-code.ts';

export interface PlainItem {
  readonly categories: readonly number[];
  readonly flags: number; // bit f: has flag f
  readonly numbers: readonly number[]; // NaN: has none
}

/** The oracle of `FilterIndex`: asks every item every question. */
export class PlainFilter {
  readonly items = new Map<number, PlainItem>();

  /** Rows that pass, in order. */
  rows(expression: FilterExpression): number[] {
    return [...this.items.keys()]
      .filter((row) => this.passes(expression, row))
      .sort((a, b) => a - b);
  }

  passes(expression: FilterExpression, row: number): boolean {
    const item = this.items.get(row);
    if (!item) return false;
    if (expression === 'everything') return true;
    if ('category' in expression) {
      return Array.from(expression.category).some((category) => item.categories.includes(category));
    }
    if ('flag' in expression) return ((item.flags >>> expression.flag) & 1) === 1;
    if ('column' in expression) {
      const { column, min = -Infinity, max = Infinity } = expression;
      const value = item.numbers[column] as number;
      return value >= min && value <= max;
    }
    if ('rows' in expression) return Array.from(expression.rows).includes(row);
    if ('not' in expression) return !this.passes(expression.not, row);
    if ('all' in expression) return expression.all.every((part) => this.passes(part, row));
    return expression.any.some((part) => this.passes(part, row));
  }
}
