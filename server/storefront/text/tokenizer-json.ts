import { bytePairs, type BpeOptions } from './bpe.ts';
import {
  bertNormalise, type BertOptions, lower, nearlyPrecompiled, type Normalise, stripAccents,
} from './normalise.ts';
import {
  type MetaspaceOptions, type Split, splitBert, splitBlanks, splitBytes, splitMetaspace, splitWords,
} from './split.ts';
import type { TokenizerParts, Vocabulary } from './tokenizer.ts';
import { unigram } from './unigram.ts';
import { wordPiece } from './wordpiece.ts';

interface Part { readonly type?: string }
type Known<Made> = Readonly<Record<string, (part: never) => Made>>;

/**
 * `tokenizer.json` of Hugging Face's tokenizers as parts. A part that is not known here is refused by its
 * name: a text that is cut otherwise than in training has another vector, and nobody would see why. Pure.
 */
export function tokenizerOf(value: unknown): TokenizerParts {
  const file = object(value, 'the file') as {
    normalizer?: Part | null; pre_tokenizer?: Part | null; post_processor?: Part | null; model?: Part;
    added_tokens?: { id: number; content: string }[];
    truncation?: { max_length?: number } | null; padding?: { pad_id?: number } | null;
  };
  const model = object(file.model, 'model') as Model;
  const vocabulary = vocabularyOf(model, file.added_tokens ?? []);
  const [before, after] = aroundOf(file.post_processor ?? null);
  const padding = file.padding?.pad_id ?? vocabulary.get('[PAD]') ?? vocabulary.get('<pad>') ?? 0;
  return {
    normalise: normaliserOf(file.normalizer ?? null), split: splitterOf(file.pre_tokenizer ?? null),
    tokenise: tokeniserOf(model, vocabulary), before, after, padding,
    lengthMax: file.truncation?.max_length ?? null,
  };
}

interface Model extends Part, Partial<BpeOptions> {
  readonly vocab?: Record<string, number> | [string, number][];
  readonly unk_id?: number | null;
  readonly continuing_subword_prefix?: string | null;
  readonly end_of_word_suffix?: string | null;
  readonly byte_fallback?: boolean;
}

function vocabularyOf({ vocab }: Model, added: readonly { id: number; content: string }[]): Vocabulary {
  if (typeof vocab !== 'object' || vocab === null) throw new Error('model.vocab is missing');
  const own = Array.isArray(vocab) ? vocab.map(([piece], id) => [piece, id] as const) : Object.entries(vocab);
  return new Map([...own, ...added.map(({ content, id }) => [content, id] as const)]);
}

function tokeniserOf(model: Model, vocabulary: Vocabulary): (word: string) => number[] {
  // Older files do not say which it is.
  const type = model.type ?? (model.merges ? 'BPE' : Array.isArray(model.vocab) ? 'Unigram' : 'WordPiece');
  if (type !== 'WordPiece' && model.byte_fallback) throw new Error('model.byte_fallback is not known here');
  switch (type) {
    case 'WordPiece': return wordPiece(vocabulary, model as never);
    case 'Unigram': {
      if (!Array.isArray(model.vocab)) throw new Error('model.vocab is no list of pieces');
      return unigram(model.vocab, model.unk_id ?? null);
    }
    case 'BPE': {
      const odd = (['continuing_subword_prefix', 'end_of_word_suffix'] as const).find((name) => model[name]);
      if (odd) throw new Error(`model.${odd} is not known here`);
      if (!model.merges) throw new Error('model.merges is missing');
      return bytePairs(vocabulary, { ...model, merges: model.merges });
    }
    default: throw new Error(`model.type ${type} is none of WordPiece, BPE, Unigram`);
  }
}

const NORMALISERS: Known<Normalise> = {
  BertNormalizer: (part: BertOptions) => bertNormalise(part),
  Sequence: ({ normalizers }: { normalizers: Part[] }) => {
    const all = normalizers.map(normaliserOf);
    return (text) => all.reduce((said, each) => each(said), text);
  },
  NFC: () => (text) => text.normalize('NFC'),
  NFD: () => (text) => text.normalize('NFD'),
  NFKC: () => (text) => text.normalize('NFKC'),
  NFKD: () => (text) => text.normalize('NFKD'),
  Lowercase: () => lower,
  StripAccents: () => stripAccents,
  Strip: ({ strip_left = true, strip_right = true }: { strip_left?: boolean; strip_right?: boolean }) => (text) => {
    const left = strip_left ? text.trimStart() : text;
    return strip_right ? left.trimEnd() : left;
  },
  Prepend: ({ prepend }: { prepend: string }) => (text) => (text === '' ? text : prepend + text),
  Replace: ({ pattern, content }: { pattern: { String?: string; Regex?: string }; content: string }) => {
    const found = pattern.String ?? new RegExp(pattern.Regex ?? '(?!)', 'gu');
    return (text) => text.replaceAll(found, () => content);
  },
  Precompiled: () => nearlyPrecompiled,
};

function normaliserOf(part: Part | null): Normalise {
  return part === null ? (text) => text : made(NORMALISERS, part, 'normalizer');
}

const SPLITTERS: Known<Split> = {
  BertPreTokenizer: () => splitBert,
  Whitespace: () => splitWords,
  WhitespaceSplit: () => splitBlanks,
  Metaspace: (part: MetaspaceOptions) => splitMetaspace(part),
  ByteLevel: (part: { add_prefix_space?: boolean; use_regex?: boolean }) => splitBytes(part),
  Sequence: ({ pretokenizers }: { pretokenizers: Part[] }) => {
    const all = pretokenizers.map(splitterOf);
    return (words) => all.reduce((said, each) => each(said), [...words]);
  },
};

function splitterOf(part: Part | null): Split {
  return part === null ? (words) => [...words] : made(SPLITTERS, part, 'pre_tokenizer');
}

function made<Made>(known: Known<Made>, part: Part, field: string): Made {
  const make = Object.hasOwn(known, part.type ?? '') ? known[part.type ?? ''] : undefined;
  if (make) return make(part as never);
  throw new Error(`${field} ${part.type ?? 'without a type'} is none of ${Object.keys(known).join(', ')}`);
}

type Around = readonly [before: number[], after: number[]];
interface Template {
  readonly single: { SpecialToken?: { id: string }; Sequence?: unknown }[];
  readonly special_tokens: Record<string, { ids: number[] }>;
}

/** The special tokens that stand around a text. */
function aroundOf(part: Part | null): Around {
  switch (part?.type) {
    case undefined: case 'ByteLevel': return [[], []];
    case 'BertProcessing': case 'RobertaProcessing': {
      const { cls, sep } = part as { cls?: [string, number]; sep?: [string, number] };
      return [cls ? [cls[1]] : [], sep ? [sep[1]] : []];
    }
    case 'Sequence': return (part as { processors?: Part[] }).processors?.map(aroundOf)
      .find(([before, after]) => before.length + after.length > 0) ?? [[], []];
    case 'TemplateProcessing': {
      const { single, special_tokens } = part as Template;
      const text = single.findIndex((one) => one.Sequence);
      const idsOf = (some: Template['single']): number[] => some.flatMap(({ SpecialToken }) =>
        (SpecialToken ? special_tokens[SpecialToken.id]?.ids ?? [] : []));
      return [idsOf(single.slice(0, text)), idsOf(single.slice(text + 1))];
    }
    default: throw new Error(`post_processor ${part?.type} is none of TemplateProcessing, BertProcessing, ` +
      'RobertaProcessing, ByteLevel, Sequence');
  }
}

function object(value: unknown, name: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Error(`${name} is no JSON object`);
}
