import { ServeError } from '../core/errors.ts';
import type { Inference } from '../core/inference.ts';
import { float32Tensor, float32View, type TensorSpec } from '../core/tensor.ts';
import { counterfactual, type Lever } from './counterfactual.ts';
import { called, type Describe, type Language, shownValue } from './describe.ts';
import { evaluateServed, type Evaluate, type Patience, type ServedModel } from './evaluate.ts';
import { kernelShap } from './kernel-shap.ts';
import { lime } from './lime.ts';
import { bareProfile, type ExplainProfile } from './profile.ts';
import type { Explanation, ExplainQuestion } from './question.ts';
import { type Scale, SCALES, sentence, topReasons } from './sentence.ts';

/** What is known of a served model. Throws `unknown_model` or `unknown_version`. */
export type FindModel = (model: string, version?: string) => {
  readonly version: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly maxBatchSize: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly featureNames?: readonly string[]; // as its card has them
};

export interface ExplainerParts {
  readonly inference: Inference;
  readonly find: FindModel;
  /** Fails with `backend` where the file is damaged. */
  readonly profile: (model: string, version: string) => ExplainProfile | null;
}

/** The explainer that a model `NAME` has in the repository, with the same version numbers. */
export const whyModel = (model: string): string => `${model}-why`;

const SAMPLES = { kernel_shap: 1024, lime: 1000 };
const ROWS_MAX = 65_536; // that one explanation may ask about
const CELLS_MAX = 4_194_304; // of those rows together
const KERNEL_FEATURES_MAX = 256; // the regression takes their square for each coalition
const KERNEL_WORK_MAX = 20_000_000; // coalitions times features²: some 20 ms of the event loop
const CHANGES_MAX = 3;

/**
 * Why a served model says what it says. All that is asked of a model goes through its queue, as
 * requests do: deadlines, priorities, workers and what befalls them are theirs. Rejects with what
 * `Inference` does, and `bad_argument` or `unsupported` where the model or the question does not suit.
 */
export class Explainer {
  constructor(private readonly parts: ExplainerParts) {}

  async explain(question: ExplainQuestion, patience: Patience = {}): Promise<Explanation> {
    const subject = this.#subject(question);
    switch (question.method) {
      case 'lime': return this.#lime(question, subject, patience);
      case 'counterfactual': return this.#counterfactual(question, subject, patience);
      case 'kernel_shap': return this.#kernelShap(question, subject, patience);
      case 'auto': {
        const own = question.background === undefined && (question.at ?? 0) === 0;
        const why = own ? this.#why(question.model, subject.served.version as string) : null;
        return why
          ? this.#byOwn(question, subject, why, patience)
          : this.#kernelShap(question, subject, patience);
      }
    }
  }

  /** Whether `attribute` has an explainer to ask. */
  has(model: string, version: string): boolean {
    return this.#why(model, version) !== null;
  }

  /**
   * By the model's own explainer: for a caller that has the answer already, one run of one row. The
   * explainer must be there.
   */
  async attribute(
    { model, version, row, value, top, language }: {
      readonly model: string; readonly version: string; readonly row: Float32Array;
      readonly value: number; readonly top: number; readonly language: Language;
    },
    patience: Patience = {},
  ): Promise<Explanation> {
    const question = { model, version, features: row, method: 'auto', top, language } as const;
    const subject = this.#subject(question);
    const why = this.#why(model, version);
    if (!why) throw new ServeError('unknown_model', `${whyModel(model)} has no version ${version}`);
    return this.#byOwn(question, subject, why, patience, value);
  }

  #subject({ model, version, features, output, at = 0 }: ExplainQuestion): Subject {
    const found = this.parts.find(model, version);
    const [input, ...more] = found.inputs;
    const chosen = output === undefined
      ? found.outputs[0]
      : found.outputs.find(({ name }) => name === output);
    const unsuited = (why: string): never => {
      throw new ServeError('unsupported', `'${model}' is not explained: ${why}`);
    };
    if (!input || more.length > 0 || input.datatype !== 'FP32' || input.dims.length !== 1) {
      return unsuited('it does not take one FP32 row of features');
    }
    if (!chosen) throw new ServeError('bad_argument', `output: '${model}' has no '${output}'`);
    if (chosen.datatype !== 'FP32') return unsuited(`'${chosen.name}' is not FP32`);
    if (found.maxBatchSize === 0) return unsuited('it takes no batches');
    const width = input.dims[0] as number;
    const profile = this.parts.profile(model, found.version) ??
      bareProfile(model, namesOf(found.featureNames, width), 'value');
    if (width < 1 || profile.features.length !== width) {
      return unsuited(`its explain.json describes ${profile.features.length} of ${width} features`);
    }
    const served: ServedModel = {
      model, version: found.version, input: input.name, output: chosen.name, features: width, at,
      rowsMax: found.maxBatchSize,
    };
    const row = rowOf(features, profile.features);
    if (found.parameters['missing'] !== 'nan') assertNoneMissing(row, profile.features, model);
    return { served, profile, row };
  }

  /** The model's own explainer, of just this version; null where there is none. */
  #why(model: string, version: string): { name: string; method: string; scale: Scale } | null {
    const name = whyModel(model);
    if (!this.parts.inference.ready(name, version)) return null;
    const { parameters } = this.parts.find(name, version);
    const { method, scale, explains } = parameters;
    if (explains !== model || typeof method !== 'string') return null;
    return SCALES.includes(scale as Scale) ? { name, method, scale: scale as Scale } : null;
  }

  /** One run of the explainer; the model itself is asked only where `value` is not known. */
  async #byOwn(
    question: ExplainQuestion, { served, profile, row }: Subject,
    why: { name: string; method: string; scale: Scale }, patience: Patience, known?: number,
  ): Promise<Explanation> {
    const { model, version = '', features: width } = served;
    const { leftMs, priority, signal } = patience;
    const deadlineMs = leftMs?.();
    const ask = this.parts.inference.infer({
      model: why.name, version,
      inputs: [float32Tensor(served.input, [1, width], row)],
      ...(deadlineMs !== undefined && { deadlineMs: Math.max(1, deadlineMs) }),
      ...(priority !== undefined && { priority }),
      ...(signal && { signal }),
    });
    const [result, [value = NaN]] = await Promise.all([
      ask, known !== undefined ? [known] : this.#evaluate(served, patience)(row, 1)]);
    const tensor = result.outputs[0];
    const numbers = tensor ? float32View(tensor) : new Float32Array(0);
    if (numbers.length !== width + 1) {
      throw new ServeError('backend', `'${why.name}' gave ${numbers.length} values, not ${width + 1}`);
    }
    const contributions = Float64Array.from(numbers.subarray(0, width));
    const base = numbers[width] as number;
    const told = {
      model, version, method: why.method, rows: known === undefined ? 1 : 0, timing: result.timing,
    };
    if (why.scale !== 'log_odds') {
      return { ...attributed(question, profile, row, why.scale, base, value, contributions), ...told };
    }
    // Trees add up in log-odds; what the model answers is a probability, or the log-odds themselves.
    const margin = contributions.reduce((sum, part) => sum + part, base);
    const answer = profile.scale === 'log_odds' ? margin : 1 / (1 + Math.exp(-margin));
    return {
      ...attributed(question, profile, row, 'log_odds', base, margin, contributions),
      ...told, residual: value - answer,
    };
  }

  async #kernelShap(
    question: ExplainQuestion, { served, profile, row }: Subject, patience: Patience,
  ): Promise<Explanation> {
    const background = backgroundOf(question, profile);
    const others = background.length / row.length;
    const width = row.length;
    if (width > KERNEL_FEATURES_MAX) {
      throw new ServeError('unsupported', `KernelSHAP of ${width} features; at most ${KERNEL_FEATURES_MAX}`);
    }
    const rowsMax = Math.min(ROWS_MAX, Math.floor(CELLS_MAX / width));
    const most = Math.min(Math.floor((rowsMax - 1 - others) / others), KERNEL_WORK_MAX / width ** 2);
    const coalitionsMax = Math.min(question.samples ?? SAMPLES.kernel_shap, Math.floor(most));
    const { base, value, contributions, exact, rows } = await kernelShap(
      this.#evaluate(served, patience), row, background, { coalitionsMax, seed: question.seed ?? 1 });
    return {
      ...attributed(question, profile, row, profile.scale, base, value, contributions),
      model: served.model, version: served.version ?? '', method: 'kernel_shap', exact, rows,
    };
  }

  async #lime(
    question: ExplainQuestion, { served, profile, row }: Subject, patience: Patience,
  ): Promise<Explanation> {
    const background = backgroundOf(question, profile);
    if (background.length === row.length) {
      throw new ServeError('bad_argument', 'background: LIME needs rows that differ');
    }
    const width = row.length;
    const most = Math.min(Math.floor(CELLS_MAX / width), KERNEL_WORK_MAX / width ** 2, ROWS_MAX) - 1;
    const samples = Math.max(1, Math.min(question.samples ?? SAMPLES.lime, Math.floor(most)));
    const { value, intercept, contributions, fit } = await lime(
      this.#evaluate(served, patience), row, background, { samples, seed: question.seed ?? 1 });
    return {
      ...attributed(question, profile, row, profile.scale, intercept, value, contributions),
      model: served.model, version: served.version ?? '', method: 'lime', fit, rows: samples + 1,
    };
  }

  async #counterfactual(
    question: ExplainQuestion, { served, profile, row }: Subject, patience: Patience,
  ): Promise<Explanation> {
    const { goal, language, changesMax = CHANGES_MAX } = question;
    if (!goal) throw new ServeError('bad_argument', 'goal: a counterfactual needs one');
    const levers = leversOf(question, profile);
    const evaluate = this.#evaluate(served, patience);
    const got = await counterfactual(evaluate, row, levers, goal, { changesMax });
    const told = {
      model: served.model, version: served.version ?? '', method: 'counterfactual',
      scale: profile.scale, value: got.value, rows: got.asked, found: got.found,
    };
    if (!got.found) return { ...told, why: got.why, text: noWay(got.why, language) };
    const changes = got.changes.map(({ feature, from, to }) => {
      const of = profile.features[feature] as Describe;
      return {
        feature: of.name, from: Number.isNaN(from) ? null : from, to,
        text: changeText(of, from, to, language),
      };
    });
    return { ...told, changes, text: changes.map(({ text }) => text).join(language === 'zh' ? '；' : '; ') };
  }

  #evaluate(served: ServedModel, patience: Patience): Evaluate {
    return evaluateServed(this.parts.inference, served, patience);
  }
}

interface Subject {
  readonly served: ServedModel;
  readonly profile: ExplainProfile;
  readonly row: Float32Array;
}

function namesOf(names: readonly string[] | undefined, width: number): readonly string[] {
  if (names?.length === width) return names;
  return Array.from({ length: width }, (_, i) => `feature ${i}`);
}

function rowOf(features: ExplainQuestion['features'], known: readonly Describe[]): Float32Array {
  if (features instanceof Float32Array) {
    if (features.length === known.length) return features;
    throw new ServeError('bad_argument', `features: the model takes ${known.length}, got ${features.length}`);
  }
  const row = new Float32Array(known.length).fill(NaN);
  const places = new Map(known.map(({ name }, at) => [name, at]));
  for (const [name, value] of features) {
    const at = places.get(name);
    if (at === undefined) throw new ServeError('bad_argument', `features: the model has no '${name}'`);
    row[at] = value;
  }
  return row;
}

/** Fails with `bad_argument`, naming what is missing. */
function assertNoneMissing(row: Float32Array, features: readonly Describe[], model: string): void {
  const missing = features.filter((_, at) => Number.isNaN(row[at])).map(({ name }) => `'${name}'`);
  if (missing.length === 0) return;
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  throw new ServeError('bad_argument',
    `features: '${model}' takes no missing values, and has none of ${missing.slice(0, 3).join(', ')}${more}`);
}

function backgroundOf({ background }: ExplainQuestion, profile: ExplainProfile): Float32Array {
  const rows = background ?? profile.background;
  const width = profile.features.length;
  if (rows.length > 0 && rows.length % width === 0) return rows;
  throw new ServeError('bad_argument',
    `background: rows of ${width} features to compare with: the model has none of its own`);
}

function leversOf({ change }: ExplainQuestion, { features }: ExplainProfile): Lever[] {
  for (const name of change ?? []) {
    const known = features.find((feature) => feature.name === name);
    if (!known?.lever) {
      throw new ServeError('bad_argument', `change: '${name}' is nothing that can be changed`);
    }
  }
  return features.flatMap(({ name, lever }, feature) =>
    (lever && (change === undefined || change.includes(name)) ? [{ feature, ...lever }] : []));
}

function attributed(
  { top, language }: ExplainQuestion, { features, answer }: ExplainProfile, row: Float32Array,
  scale: Scale, base: number, value: number, contributions: Float64Array,
): Pick<Explanation, 'scale' | 'base' | 'value' | 'contributions' | 'reasons' | 'text' | 'residual'> {
  const said = { answer, scale, base, value };
  const reasons = topReasons(features, row, contributions, top, said, language);
  const sum = contributions.reduce((total, part) => total + part, base);
  return {
    scale, base, value, reasons, residual: value - sum, text: sentence(said, reasons, language),
    contributions: Object.fromEntries(features.map(({ name }, i) => [name, contributions[i] as number])),
  };
}

function changeText(of: Describe, from: number, to: number, language: Language): string {
  const name = called(of, language);
  const [before, after] = [shownValue(of, from, language), shownValue(of, to, language)];
  return language === 'zh' ? `${name}：${before} → ${after}` : `${name}: ${before} → ${after}`;
}

function noWay(why: 'no_levers' | 'out_of_reach', language: Language): string {
  if (language === 'zh') {
    return why === 'no_levers' ? '没有可以改变的特征。' : '在允许的范围内，没有任何改变能达到目标。';
  }
  return why === 'no_levers'
    ? 'There is nothing that can be changed.'
    : 'No change within what is allowed reaches the goal.';
}
