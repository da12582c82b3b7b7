import type { Node, Term } from './ast.ts';
import { KEYWORDS } from './parser.ts';

const PLAIN_NAME = /^[\p{L}_][\p{L}\p{M}\p{N}_]*$/u;
const SECOND = 1000;
const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400 * SECOND], ['h', 3600 * SECOND], ['m', 60 * SECOND], ['s', SECOND],
];

/** How tightly each kind holds its parts together: what is looser goes into brackets. */
const BINDS = { any: 1, all: 2, not: 3, compare: 4, sum: 5, product: 6, negate: 7, one: 8 } as const;

/** The expression as text that parses to the same tree; brackets only where they are needed. */
export function print(node: Node): string {
  return written(node, 0);
}

export function printTerm({ how, value, condition }: Term): string {
  const condition_ = condition ? ` if ${print(condition)}` : '';
  return `${how === 'plus' ? '+' : '*'} ${written(value, BINDS.sum)}${condition_}`;
}

function written(node: Node, within: number): string {
  const binds = bindingOf(node);
  const text = plain(node, binds);
  return binds < within ? `(${text})` : text;
}

function plain(node: Node, binds: number): string {
  switch (node.kind) {
    case 'number': return String(node.value);
    case 'duration': return duration(node.value);
    case 'date': return JSON.stringify(node.text);
    case 'text': return quoted(node.value, '"');
    case 'boolean': return String(node.value);
    case 'now': return 'now';
    case 'field': {
      const bare = !node.quoted && PLAIN_NAME.test(node.name) && !KEYWORDS.has(node.name.toLowerCase());
      return `${node.of === 'this' ? 'this.' : ''}${bare ? node.name : quoted(node.name, '`')}`;
    }
    case 'has': return `has(${print(node.field)})`;
    case 'not':
      if (node.of.kind === 'in') return inList(node.of, 'not in');
      return `not ${written(node.of, binds)}`;
    case 'all': case 'any':
      return node.parts.map((part) => written(part, binds + 1)).join(node.kind === 'all' ? ' and ' : ' or ');
    case 'compare':
      return `${written(node.left, binds + 1)} ${node.op} ${written(node.right, binds + 1)}`;
    case 'in': return inList(node, 'in');
    case 'negate': return `-${written(node.of, BINDS.one)}`;
    case 'arithmetic':
      return `${written(node.left, binds)} ${node.op} ${written(node.right, binds + 1)}`;
    case 'call': return `${node.name}(${node.args.map((arg) => written(arg, BINDS.sum)).join(', ')})`;
  }
}

function inList({ left, values }: Extract<Node, { kind: 'in' }>, word: string): string {
  const list = values.map((value) => written(value, BINDS.sum)).join(', ');
  return `${written(left, BINDS.sum)} ${word} (${list})`;
}

function bindingOf(node: Node): number {
  switch (node.kind) {
    case 'any': return BINDS.any;
    case 'all': return BINDS.all;
    case 'not': return node.of.kind === 'in' ? BINDS.compare : BINDS.not;
    case 'compare': case 'in': return BINDS.compare;
    case 'arithmetic': return node.op === '+' || node.op === '-' ? BINDS.sum : BINDS.product;
    case 'number': return node.value < 0 || Object.is(node.value, -0) ? BINDS.negate : BINDS.one;
    case 'negate': return BINDS.negate;
    default: return BINDS.one;
  }
}

function duration(ms: number): string {
  const [unit, size] = UNITS.find(([, one]) => Number.isInteger(ms / one)) ?? ['s', SECOND];
  return `${ms / size}${unit}`;
}

function quoted(text: string, quote: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
  return quote + escaped.replaceAll('\n', '\\n').replaceAll('\t', '\\t') + quote;
}
