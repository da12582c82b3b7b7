/** What is asked of an explainer, and what it answers: plain data, which the wire has as it is. */
import type { InferTiming } from '../core/inference.ts';
import type { Language } from './describe.ts';
import type { Reason, Scale } from './sentence.ts';

/** `auto`: by the model's own explainer where the repository has one, else by KernelSHAP. */
export const METHODS = ['auto', 'kernel_shap', 'lime', 'counterfactual'] as const;
export type Method = (typeof METHODS)[number];

export interface ExplainQuestion {
  readonly model: string;
  readonly version?: string;
  /** The row, by the names of its features or in their order; NaN is a missing value. */
  readonly features: Float32Array | ReadonlyMap<string, number>;
  readonly method: Method;
  readonly output?: string; // the model's first when absent
  readonly at?: number; // of the output's values, the one that is explained; default 0
  readonly top: number; // reasons wanted
  readonly language: Language;
  /** Rows to compare with, `[n, features]`; those of the model's `explain.json` when absent. */
  readonly background?: Float32Array;
  readonly samples?: number; // coalitions or rows that may be asked about
  readonly seed?: number;
  readonly goal?: Goal; // of a counterfactual; required there
  readonly change?: readonly string[]; // features it may change; those with a lever when absent
  readonly changesMax?: number; // features changed at once
}

export interface Explanation {
  readonly model: string;
  readonly version: string;
  readonly method: string; // what was used: 'tree_shap', 'integrated_gradients', 'kernel_shap' …
  readonly scale: Scale; // of base, value and contributions
  readonly base?: number;
  readonly value: number;
  readonly contributions?: Readonly<Record<string, number>>; // by feature
  readonly reasons?: readonly Reason[];
  readonly text: string;
  /** The model's answer less what base and contributions add up to: 0 but for rounding and quadrature. */
  readonly residual?: number;
  readonly exact?: boolean; // of KernelSHAP: all coalitions were asked about
  readonly fit?: number; // of LIME
  readonly found?: boolean; // of a counterfactual
  readonly why?: string; // there is none
  readonly changes?: readonly { readonly feature: string; readonly from: number | null;
    readonly to: number; readonly text: string }[];
  readonly rows: number; // that the model was asked about
  readonly timing?: InferTiming; // of the explainer's own run
}

/** Of a counterfactual. */
export interface Goal {
  /** The model's answer is to be at least, or at most, this. */
  readonly target: number;
  readonly side: 'at_least' | 'at_most';
}
