import { dateMs } from '../../store/attributes.ts';
import type { AttributeTypes } from '../../store/attributes.ts';
import { LANGUAGE_LIMITS, LanguageError } from './ast.ts';
import type { FieldNode, Node, Term, Type } from './ast.ts';

/** What every item has, by the names that expressions use. */
export const BUILT_IN: Readonly<Record<string, Type>> = {
  category: 'texts', id: 'texts', price: 'number', stock: 'boolean',
};

/**
 * A condition, its types found and checked: fields know their type, texts that stand for dates are
 * dates. Fails with `LanguageError` at what does not fit. `indexed` says that it is to be a bitmap:
 * then a comparison may look at one fact of an item only.
 */
export function checkCondition(node: Node, types: AttributeTypes, indexed = false): Node {
  if (indexed) assertShallow(node, LANGUAGE_LIMITS.filterDepthMax);
  return new Check(types, indexed).condition(node);
}

/** `left`: how much deeper it may go. */
function assertShallow(node: Node, left: number): void {
  if (left === 0) {
    const most = LANGUAGE_LIMITS.filterDepthMax;
    throw new LanguageError(`a filter nests at most ${most} deep, each 'and', 'or' and 'not' counted`, node.at);
  }
  if (node.kind === 'not') assertShallow(node.of, left - 1);
  if (node.kind === 'all' || node.kind === 'any') {
    for (const part of node.parts) assertShallow(part, left - 1);
  }
}

/** The term of a boost, likewise. */
export function checkTerm(term: Term, types: AttributeTypes): Term {
  const check = new Check(types, false);
  return {
    ...term,
    value: check.of(term.value, ['number']),
    condition: term.condition && check.condition(term.condition),
  };
}

/** Whether what a part comes to is the same for every item. */
export function isConstant(node: Node): boolean {
  switch (node.kind) {
    case 'field': return node.of === 'this';
    case 'has': return node.field.of === 'this';
    case 'not': case 'negate': return isConstant(node.of);
    case 'all': case 'any': return node.parts.every(isConstant);
    case 'compare': case 'arithmetic': return isConstant(node.left) && isConstant(node.right);
    case 'in': return isConstant(node.left) && node.values.every(isConstant);
    case 'call': return node.args.every(isConstant);
    default: return true;
  }
}

class Check {
  constructor(
    private readonly types: AttributeTypes,
    private readonly indexed: boolean,
  ) {}

  condition(node: Node): Node {
    return this.of(node, ['boolean']);
  }

  of(node: Node, wanted: readonly Type[]): Node {
    const [checked, type] = this.#typed(node);
    if (wanted.includes(type)) return checked;
    throw new LanguageError(`expected ${wanted.map(told).join(' or ')}, this is ${told(type)}`, node.at);
  }

  #typed(node: Node): [Node, Type] {
    switch (node.kind) {
      case 'number': return [node, 'number'];
      case 'duration': return [node, 'duration'];
      case 'date': return [node, 'date'];
      case 'text': return [node, 'texts'];
      case 'boolean': return [node, 'boolean'];
      case 'now': return [node, 'date'];
      case 'field': return this.#field(node);
      case 'has': return [{ ...node, field: this.#field(node.field)[0] }, 'boolean'];
      case 'not': return [{ ...node, of: this.condition(node.of) }, 'boolean'];
      case 'all': case 'any':
        return [{ ...node, parts: node.parts.map((part) => this.condition(part)) }, 'boolean'];
      case 'compare': return [this.#compare(node), 'boolean'];
      case 'in': return [this.#in(node), 'boolean'];
      case 'negate': {
        const [of, type] = this.#typed(node.of);
        if (type === 'number' || type === 'duration') return [{ ...node, of }, type];
        throw new LanguageError(`'-' before ${told(type)}`, node.at);
      }
      case 'arithmetic': return this.#arithmetic(node);
      case 'call': return [{ ...node, args: node.args.map((arg) => this.of(arg, ['number'])) }, 'number'];
    }
  }

  #field(node: FieldNode): [FieldNode, Type] {
    const { name, quoted, at } = node;
    const built = !quoted && Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
    const own = this.types.get(name);
    const type = built ?? (own === 'text' ? 'texts' : own);
    if (type !== undefined) return [{ ...node, type }, type];
    const known = [...Object.keys(BUILT_IN), ...this.types.keys()];
    const like = nearest(name, known);
    const some = known.slice(0, NAMES_SAID).join(', ');
    const more = known.length > NAMES_SAID ? ` and ${known.length - NAMES_SAID} more` : '';
    const meant = like === undefined ? `there are ${some}${more}` : `is '${like}' meant?`;
    throw new LanguageError(`no item has an attribute '${name}'; ${meant}`, at);
  }

  #compare(node: Extract<Node, { kind: 'compare' }>): Node {
    const [left, right] = this.#alike(node.left, node.right);
    const ordered = node.op !== '=' && node.op !== '!=';
    if (ordered && (left[1] === 'texts' || left[1] === 'boolean')) {
      throw new LanguageError(`'${node.op}' does not compare ${told(left[1])}: it has no order`, node.at);
    }
    this.#assertIndexed(left[0], right[0], node.at);
    return { ...node, left: left[0], right: right[0] };
  }

  #in(node: Extract<Node, { kind: 'in' }>): Node {
    let left = this.#typed(node.left);
    const values = node.values.map((value) => {
      const [own, other] = this.#alike(node.left, value);
      left = own;
      if (!isConstant(other[0])) {
        throw new LanguageError('a value of a list must be the same for every item', value.at);
      }
      return other[0];
    });
    if (values[0]) this.#assertIndexed(left[0], values[0], node.at);
    return { ...node, left: left[0], values };
  }

  /** Two of one type; a text beside a date is a date. */
  #alike(left: Node, right: Node): [[Node, Type], [Node, Type]] {
    const [a, b] = [this.#typed(left), this.#typed(right)];
    if (a[1] === 'date' && b[1] === 'texts') return [a, [asDate(b[0]), 'date']];
    if (b[1] === 'date' && a[1] === 'texts') return [[asDate(a[0]), 'date'], b];
    if (a[1] !== b[1]) {
      throw new LanguageError(`${told(a[1])} is compared with ${told(b[1])}`, right.at);
    }
    return [a, b];
  }

  /** A bitmap is made of facts of one item at a time: the other side must be the same for all. */
  #assertIndexed(left: Node, right: Node, at: number): void {
    if (!this.indexed) return;
    const facts = [left, right].filter((side) => !isConstant(side));
    if (facts.length === 0) return;
    if (facts.length === 1 && facts[0]?.kind === 'field') return;
    const why = 'a filter compares an attribute as it is with what is the same for every item';
    throw new LanguageError(why, facts.find(({ kind }) => kind !== 'field')?.at ?? at);
  }

  #arithmetic(node: Extract<Node, { kind: 'arithmetic' }>): [Node, Type] {
    const [left, a] = this.#typed(node.left);
    const [right, b] = this.#typed(node.right);
    const type = ARITHMETIC[`${a} ${node.op} ${b}`];
    if (type !== undefined) return [{ ...node, left, right }, type];
    throw new LanguageError(`there is no ${told(a)} ${node.op} ${told(b)}`, node.at);
  }
}

const NAMES_SAID = 12;

const ARITHMETIC: Readonly<Record<string, Type>> = {
  'number + number': 'number', 'number - number': 'number',
  'number * number': 'number', 'number / number': 'number',
  'duration + duration': 'duration', 'duration - duration': 'duration',
  'duration * number': 'duration', 'number * duration': 'duration',
  'duration / number': 'duration', 'duration / duration': 'number',
  'date + duration': 'date', 'duration + date': 'date', 'date - duration': 'date',
  'date - date': 'duration',
};

function asDate(node: Node): Node {
  const value = node.kind === 'text' ? dateMs(node.value) : null;
  if (node.kind === 'text' && value !== null) {
    return { kind: 'date', value, text: node.value, at: node.at };
  }
  throw new LanguageError('expected a date, such as "2026-11-23" or "2026-11-23T08:00:00Z"', node.at);
}

function told(type: Type): string {
  return type === 'boolean' ? 'a yes or no' : type === 'texts' ? 'text' : `a ${type}`;
}

/** The name that differs least, where that is little. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const near = known
    .map((other) => ({ other, apart: distance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, apart }) => apart <= Math.max(1, Math.min(name.length, other.length) / 3));
  return near.sort((a, b) => a.apart - b.apart)[0]?.other;
}

/** Levenshtein's, of the first 64 characters. */
function distance(a: string, b: string): number {
  const [from, to] = [[...a].slice(0, 64), [...b].slice(0, 64)];
  let before = to.map((_, i) => i + 1);
  from.forEach((char, i) => {
    const row: number[] = [];
    to.forEach((other, j) => {
      const diagonal = j === 0 ? i : before[j - 1] as number;
      const left = j === 0 ? i + 1 : row[j - 1] as number;
      row.push(Math.min(diagonal + Number(char !== other), left + 1, (before[j] as number) + 1));
    });
    before = row;
  });
  return before[to.length - 1] ?? from.length;
}
