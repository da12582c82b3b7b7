import { ServeError } from '../../core/errors.ts';

/** Bounds of one expression; what is past them is refused with its position. */
export const LANGUAGE_LIMITS = {
  charactersMax: 4096,
  depthMax: 16, // brackets within brackets
  filterDepthMax: 10, // a native filter nests 16 deep; the rest of a request is around it
  listMax: 1000, // values of one `in (…)`
} as const;

/** What a value is. `texts` is a set of them: an item may have several categories. */
export type Type = 'boolean' | 'number' | 'date' | 'duration' | 'texts';

export type CompareOp = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOp = '+' | '-' | '*' | '/';

/** `at`: the character that it begins with, from 0. */
export type Node =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  /** Milliseconds. */
  | { readonly kind: 'duration'; readonly value: number; readonly at: number }
  | { readonly kind: 'date'; readonly value: number; readonly text: string; readonly at: number }
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly at: number }
  | { readonly kind: 'now'; readonly at: number }
  | FieldNode
  | { readonly kind: 'has'; readonly field: FieldNode; readonly at: number }
  | { readonly kind: 'not'; readonly of: Node; readonly at: number }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Node[]; readonly at: number }
  | { readonly kind: 'compare'; readonly op: CompareOp; readonly left: Node; readonly right: Node;
      readonly at: number }
  | { readonly kind: 'in'; readonly left: Node; readonly values: readonly Node[]; readonly at: number }
  | { readonly kind: 'negate'; readonly of: Node; readonly at: number }
  | { readonly kind: 'arithmetic'; readonly op: ArithmeticOp; readonly left: Node;
      readonly right: Node; readonly at: number }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly args: readonly Node[];
      readonly at: number };

/** What is known of an item, or (`this`) of the one that the answer starts from. */
export interface FieldNode {
  readonly kind: 'field';
  readonly name: string;
  /** In backquotes: an attribute, also where the language has a word of that name. */
  readonly quoted: boolean;
  readonly of: 'item' | 'this';
  readonly at: number;
  readonly type?: Type; // once it is checked
}

/** Functions of numbers, with the least and the most arguments each takes. */
export const FUNCTIONS = {
  abs: [1, 1], ceil: [1, 1], exp: [1, 1], floor: [1, 1], log: [1, 1], log1p: [1, 1],
  max: [2, 8], min: [2, 8], pow: [2, 2], sqrt: [1, 1],
} as const satisfies Record<string, readonly [number, number]>;
export type FunctionName = keyof typeof FUNCTIONS;

/** One term of a boost: a factor of the score, or an addend to it. */
export interface Term {
  readonly how: 'times' | 'plus';
  readonly value: Node; // a number
  readonly condition: Node | null; // on whom; null: on every item
  readonly at: number;
}

/** What is wrong with an expression, and where. */
export class LanguageError extends Error {
  override readonly name = 'LanguageError';

  constructor(
    message: string,
    readonly at: number, // character, from 0
  ) {
    super(message);
  }

  /** As callers are told: which of their fields, which character (from 1), and what is wrong. */
  refusal(field: string): ServeError {
    return new ServeError('bad_argument', `${field}, character ${this.at + 1}: ${this.message}`);
  }
}

/** Runs `read`; what is wrong with the expression is told as of `field`. */
export function inField<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof LanguageError ? error.refusal(field) : error;
  }
}
