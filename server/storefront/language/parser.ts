import { FUNCTIONS, LANGUAGE_LIMITS, LanguageError } from './ast.ts';
import type { ArithmeticOp, CompareOp, FieldNode, FunctionName, Node, Term } from './ast.ts';
import { tokensOf } from './lexer.ts';
import type { Token } from './lexer.ts';

/** Words that mean something by themselves, in any case of letters. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'and', 'or', 'not', 'in', 'has', 'if', 'true', 'false', 'now', 'this',
]);
const COMPARES: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=']);

/** An expression as a tree; not yet checked for types. Fails with `LanguageError`. Pure. */
export function parse(source: string): Node {
  const parser = new Parser(tokensOf(source));
  const node = parser.or();
  parser.end();
  return node;
}

/**
 * One term of a boost: `1.5 if category = "sale"` is a factor, `+ 0.2 * log(margin)` an addend. A sign
 * before it says which; without one it is a factor.
 */
export function parseTerm(source: string): Term {
  const parser = new Parser(tokensOf(source));
  const term = parser.term();
  parser.end();
  return term;
}

/** Recursive descent; each method reads as far as its kind goes. */
class Parser {
  #at = 0;
  #depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  term(): Term {
    const { at } = this.#next;
    const plus = this.#takeSign('+');
    if (!plus) this.#takeSign('*');
    const value = this.#sum();
    const condition = this.#takeWord('if') ? this.or() : null;
    return { how: plus ? 'plus' : 'times', value, condition, at };
  }

  or(): Node {
    return this.#joined('or', 'any', () => this.#joined('and', 'all', () => this.#not()));
  }

  end(): void {
    const { kind, text, at } = this.#next;
    if (kind !== 'end') throw new LanguageError(`'${text}' comes where the expression should end`, at);
  }

  #joined(word: string, kind: 'all' | 'any', part: () => Node): Node {
    const first = part();
    if (!this.#isWord(word)) return first;
    const parts = [first];
    while (this.#takeWord(word)) parts.push(part());
    return { kind, parts, at: first.at };
  }

  #not(): Node {
    const { at } = this.#next;
    if (!this.#takeWord('not')) return this.#comparison();
    return this.#deeper(at, () => ({ kind: 'not', of: this.#not(), at }));
  }

  #comparison(): Node {
    const left = this.#sum();
    const { kind, text, at } = this.#next;
    if (kind === 'sign' && COMPARES.has(text)) {
      this.#at += 1;
      const right = this.#sum();
      const next = this.#next;
      if (next.kind === 'sign' && COMPARES.has(next.text)) {
        throw new LanguageError(`'${next.text}' follows a comparison: join two with 'and'`, next.at);
      }
      return { kind: 'compare', op: text as CompareOp, left, right, at: left.at };
    }
    const negated = this.#isWord('not') && this.#isWord('in', 1);
    if (negated) this.#at += 1;
    if (!this.#takeWord('in')) return left;
    const within: Node = { kind: 'in', left, values: this.#list(), at: left.at };
    return negated ? { kind: 'not', of: within, at } : within;
  }

  #list(): Node[] {
    const { at } = this.#next;
    const square = this.#takeSign('[');
    if (!square && !this.#takeSign('(')) throw this.#expected("'(' and the values of the list");
    const values: Node[] = [];
    const close = square ? ']' : ')';
    if (this.#takeSign(close)) throw new LanguageError('the list is empty', at);
    do {
      if (values.length === LANGUAGE_LIMITS.listMax) {
        throw new LanguageError(`a list has at most ${LANGUAGE_LIMITS.listMax} values`, this.#next.at);
      }
      values.push(this.#sum());
    } while (this.#takeSign(','));
    if (!this.#takeSign(close)) throw this.#expected(`',' or '${close}'`);
    return values;
  }

  #sum(): Node {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/'], () => this.#unary()));
  }

  /** Left to right: `a - b - c` is `(a - b) - c`. */
  #chain(signs: readonly ArithmeticOp[], part: () => Node): Node {
    let left = part();
    for (;;) {
      const sign = signs.find((one) => this.#isSign(one));
      if (sign === undefined) return left;
      this.#at += 1;
      left = { kind: 'arithmetic', op: sign, left, right: part(), at: left.at };
    }
  }

  #unary(): Node {
    const { at } = this.#next;
    if (!this.#takeSign('-')) return this.#primary();
    return this.#deeper(at, () => {
      const of = this.#unary();
      return of.kind === 'number' ? { ...of, value: -of.value, at } : { kind: 'negate', of, at };
    });
  }

  #primary(): Node {
    const { kind, text, value, at } = this.#next;
    if (kind === 'number' || kind === 'duration') {
      this.#at += 1;
      return { kind, value, at };
    }
    if (kind === 'text') {
      this.#at += 1;
      return { kind, value: text, at };
    }
    if (this.#takeSign('(')) {
      const inner = this.#deeper(at, () => this.or());
      if (!this.#takeSign(')')) throw this.#expected("')'");
      return inner;
    }
    if (kind === 'word') return this.#word();
    if (kind === 'name') return this.#field('item');
    throw this.#expected('a value');
  }

  #word(): Node {
    const { text, at } = this.#next;
    if (this.#takeWord('true')) return { kind: 'boolean', value: true, at };
    if (this.#takeWord('false')) return { kind: 'boolean', value: false, at };
    if (this.#takeWord('now')) return { kind: 'now', at };
    if (this.#takeWord('has')) {
      if (!this.#takeSign('(')) throw this.#expected("'(' and an attribute");
      const field = this.#takeWord('this') ? this.#fieldOfThis() : this.#field('item');
      if (!this.#takeSign(')')) throw this.#expected("')'");
      return { kind: 'has', field, at };
    }
    if (this.#takeWord('this')) return this.#fieldOfThis();
    const after = this.tokens[this.#at + 1] as Token;
    if (after.kind === 'sign' && after.text === '(' && !KEYWORDS.has(text.toLowerCase())) {
      return this.#call();
    }
    return this.#field('item');
  }

  #fieldOfThis(): FieldNode {
    if (!this.#takeSign('.')) throw this.#expected("'.' and an attribute");
    return this.#field('this');
  }

  #field(of: 'item' | 'this'): FieldNode {
    const { kind, text, at } = this.#next;
    const quoted = kind === 'name';
    if ((kind !== 'word' && !quoted) || (!quoted && KEYWORDS.has(text.toLowerCase()))) {
      throw this.#expected('an attribute');
    }
    this.#at += 1;
    return { kind: 'field', name: text, quoted, of, at };
  }

  #call(): Node {
    const { text, at } = this.#next;
    if (!Object.hasOwn(FUNCTIONS, text)) {
      throw new LanguageError(`'${text}' is no function: ${Object.keys(FUNCTIONS).join(', ')}`, at);
    }
    const name = text as FunctionName;
    this.#at += 2;
    const args = this.#deeper(at, () => {
      const read: Node[] = [];
      do read.push(this.#sum()); while (this.#takeSign(','));
      return read;
    });
    if (!this.#takeSign(')')) throw this.#expected("',' or ')'");
    const [least, most] = FUNCTIONS[name];
    if (args.length >= least && args.length <= most) return { kind: 'call', name, args, at };
    const wanted = least === most ? least : `${least} to ${most}`;
    throw new LanguageError(`${name} takes ${wanted} arguments, not ${args.length}`, at);
  }

  #deeper<T>(at: number, read: () => T): T {
    this.#depth += 1;
    if (this.#depth > LANGUAGE_LIMITS.depthMax) {
      throw new LanguageError(`an expression nests at most ${LANGUAGE_LIMITS.depthMax} deep`, at);
    }
    const result = read();
    this.#depth -= 1;
    return result;
  }

  get #next(): Token {
    return this.tokens[this.#at] as Token;
  }

  #isSign(sign: string): boolean {
    return this.#next.kind === 'sign' && this.#next.text === sign;
  }

  #takeSign(sign: string): boolean {
    const taken = this.#isSign(sign);
    if (taken) this.#at += 1;
    return taken;
  }

  #isWord(word: string, ahead = 0): boolean {
    const token = this.tokens[Math.min(this.#at + ahead, this.tokens.length - 1)] as Token;
    return token.kind === 'word' && token.text.toLowerCase() === word;
  }

  #takeWord(word: string): boolean {
    const taken = this.#isWord(word);
    if (taken) this.#at += 1;
    return taken;
  }

  #expected(what: string): LanguageError {
    const { kind, text, at } = this.#next;
    const found = kind === 'end' ? 'the end' : `'${text}'`;
    return new LanguageError(`expected ${what}, found ${found}`, at);
  }
}
