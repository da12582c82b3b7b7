import type { ArmOverride } from '../storefront/trial.ts';

/** One experiment, every field checked: `experiments.json` as `parse-definition.ts` hands it on. */
export interface Experiment {
  readonly name: string;
  readonly kind: Kind;
  readonly unit: 'session' | 'customer';
  readonly salt: string; // of the arms; the name when the file does not say
  /** Experiments of one layer share its units out; those of different layers meet freely. */
  readonly layer: string; // the name when the file does not say: a layer of its own
  readonly share: readonly [from: number, to: number]; // of the layer's units, 0..1
  readonly placement?: string; // only its requests take part; every one when absent
  readonly arms: readonly Arm[]; // the first is the control; one where the kind is `explore`
  readonly metric: Metric;
  readonly startMs: number; // -Infinity: at once
  readonly stopMs: number; // Infinity: until somebody says so
  readonly alpha: number; // what it may err by, looked at as often as one likes
  readonly horizon: number; // units at which bounds are tightest
  readonly explore?: Explore;
}

/** `ab`: an arm a unit. `interleave`: two arms in one list. `explore`: some slots try items out. */
export const KINDS = ['ab', 'interleave', 'explore'] as const;
export type Kind = (typeof KINDS)[number];

export const METRICS = ['click', 'cart', 'purchase', 'revenue'] as const;
export type Metric = (typeof METRICS)[number];

export interface Arm {
  readonly name: string;
  readonly weight: number; // its share of the units is this over the sum
  readonly override: ArmOverride;
}

export interface Explore {
  readonly every: number; // slots of this multiple explore: 5 is the 5th, 10th … place of a list
  readonly pool: number; // items that one slot chooses from
  readonly uniform: number; // share of the choices that are made evenly over the pool
  /** Absent: `thompson`, which knows items' click rates alone; `linucb` goes by the visitor as well. */
  readonly method?: Method;
  readonly width?: number; // of LinUCB's bounds: the paper's alpha
}

export const METHODS = ['thompson', 'linucb'] as const;
export type Method = (typeof METHODS)[number];

/** Bounds of what a file may say, and what holds where it says nothing. */
export const EXPERIMENT_LIMITS = {
  experimentsMax: 64,
  armsMax: 8,
  nameLengthMax: 32, // of experiments and arms: [a-z0-9-]
  weightMax: 1_000_000,
  everyMin: 2, // at most half of the slots explore
  everyMax: 500,
  poolMin: 2,
  poolMax: 50,
  unitsMax: 500_000, // of one experiment; who comes later gets the control, uncounted
  answerMax: 8, // experiments that one answer is part of: its attribution names each
  answersMax: 65_536, // interleaved and exploring answers whose clicks are still understood
  triedItemsMax: 100_000, // items whose clicks exploration remembers,
  linearItemsMax: 20_000, // and of which LinUCB has a model, of about 0.7 KB
} as const;

export const EXPERIMENT_DEFAULTS = {
  alpha: 0.05, horizon: 10_000, every: 5, pool: 10, uniform: 0.1, width: 0.3,
} as const;

export type State = 'scheduled' | 'running' | 'stopped';

export function stateAt({ startMs, stopMs }: Pick<Experiment, 'startMs' | 'stopMs'>, ms: number): State {
  if (ms < startMs) return 'scheduled';
  return ms < stopMs ? 'running' : 'stopped';
}

/** Why a definition may not follow another while units are counted; null where it may. Pure. */
export function changed(before: Experiment, after: Experiment): string | null {
  const fixed = ['kind', 'unit', 'salt', 'layer', 'share', 'placement', 'arms', 'metric', 'alpha',
    'horizon', 'explore', 'startMs'] as const;
  const found = fixed.filter((field) => said(before[field]) !== said(after[field]));
  return found.length === 0 ? null : found.join(', ').replace('startMs', 'start');
}

function said(value: unknown): string {
  return JSON.stringify(value) ?? '';
}
