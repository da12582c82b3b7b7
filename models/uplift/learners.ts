import type { Fitted, Learner } from '../learn/learner.ts';
import { numbers, type Column, type Table } from '../learn/table.ts';
import { OnnxGraphBuilder, type Value } from '../recipes/onnx/graph.ts';
import { momentColumn, momentNames } from './moments.ts';
import { armRows, takeTrial, type Trial } from './trial.ts';

/** A way to learn what a treatment adds. The same seed gives the same model. */
export interface UpliftLearner {
  readonly name: string;
  fit(trial: Trial, seed: number): FittedUplift;
}

export interface FittedUplift {
  /** One a row: the chance of the outcome with the treatment less the chance without, -1..1. */
  predict(table: Table): Float64Array;
  /** The same as a model file: `features` as learners take them, to `uplift` FP32 [rows, 1]. */
  onnx?(width: number): Uint8Array;
}

/** Two models, one an arm (Künzel et al. 2019): what they say less each other. */
export function tLearner(learner: Learner): UpliftLearner {
  return {
    name: `T-learner of ${learner.name}`,
    fit(trial, seed) {
      const [control, treated] = ([0, 1] as const).map((arm): Fitted => {
        const part = takeTrial(trial, armRows(trial, arm));
        return learner.fit({ table: part.table, labels: part.outcomes }, seed + arm);
      }) as [Fitted, Fitted];
      return {
        predict: (table) => less(treated.predict(table), control.predict(table)),
        ...onnxOf([treated, control], (graph, [one, other]) =>
          graph.node('Sub', [one as Value, other as Value])),
      };
    },
  };
}

/**
 * One model with the treatment as a column (Künzel et al. 2019), asked with and without it. Products
 * of the treatment with every number are columns, too: a linear model would else rank all alike.
 */
export function sLearner(learner: Learner): UpliftLearner {
  return {
    name: `S-learner of ${learner.name}`,
    fit({ table, treated, outcomes }, seed) {
      const examples = { table: withTreatment(table, (row) => treated[row] as number), labels: outcomes };
      const fitted = learner.fit(examples, seed);
      const all = (arm: 0 | 1) => (asked: Table) => fitted.predict(withTreatment(asked, () => arm));
      return { predict: (asked) => less(all(1)(asked), all(0)(asked)) };
    },
  };
}

/**
 * The class transformation (Jaskowski & Jaroszewicz 2012): one model of whether treatment and outcome
 * agree, which is twice as likely as not where the treatment helps. Arms of other sizes than half and
 * half are weighed to be so.
 */
export function classTransformation(learner: Learner): UpliftLearner {
  return {
    name: `class transformation by ${learner.name}`,
    fit({ table, treated, outcomes }, seed) {
      const share = treated.reduce((sum, arm) => sum + arm, 0) / treated.length;
      const labels = outcomes.map((outcome, row) => (outcome === treated[row] ? 1 : 0));
      const weights = Float64Array.from(treated, (arm) => 0.5 / (arm === 1 ? share : 1 - share));
      const fitted = learner.fit({ table, labels, weights }, seed);
      return {
        predict: (asked) => fitted.predict(asked).map((agrees) => 2 * agrees - 1),
        ...onnxOf([fitted], (graph, [agrees]) => {
          const twice = graph.node('Add', [agrees as Value, agrees as Value]);
          return graph.node('Sub', [twice, graph.scalar(graph.fresh('one'), 1)]);
        }),
      };
    },
  };
}

/**
 * One model for each moment: what a treatment adds may then depend on the moment in any way, also by
 * linear models. A moment with too few rows to learn from has the mean of all.
 */
export function byMoment(learner: UpliftLearner, moment: string): UpliftLearner {
  return {
    name: `${learner.name}, one a moment`,
    fit(trial, seed) {
      const names = momentNames(trial.table, moment);
      const places = momentColumn(trial.table, moment);
      const fitted = names.map((_, at) => {
        const rows = Array.from(places.keys()).filter((row) => places[row] === at);
        const part = takeTrial(trial, rows);
        const arms = ([0, 1] as const).map((arm) => armRows(part, arm).length);
        return Math.min(...arms) < MOMENT_ROWS_MIN ? null : learner.fit(part, seed);
      });
      const all = learner.fit(trial, seed);
      return {
        predict(table) {
          const said = fitted.map((each) => (each ?? all).predict(table));
          const otherwise = all.predict(table);
          return Float64Array.from(momentColumn(table, moment), (at, row) =>
            (said[at] ?? otherwise)[row] as number);
        },
      };
    },
  };
}

const MOMENT_ROWS_MIN = 200; // in each arm

/** No uplift at all, but the chance of the outcome: what most shops rank by. The baseline to beat. */
export function purchaseProbability(learner: Learner): UpliftLearner {
  return {
    name: `purchase probability by ${learner.name}`,
    fit: ({ table, outcomes }, seed) => learner.fit({ table, labels: outcomes }, seed),
  };
}

/** A model file of several models' answers; none where one of them has no graph. */
function onnxOf(
  parts: readonly Fitted[], blend: (graph: OnnxGraphBuilder, answers: readonly Value[]) => Value,
): Pick<FittedUplift, 'onnx'> {
  const graphs = parts.map(({ graph }, at) => graph?.bind(parts[at]));
  if (!graphs.every((graph) => graph !== undefined)) return {};
  return {
    onnx(width) {
      const builder = new OnnxGraphBuilder('uplift');
      const features = builder.input('features', 'FP32', ['rows', width]);
      const answer = blend(builder, graphs.map((graph) => graph(builder, features)));
      builder.output(builder.node('Identity', [answer], {}, 'uplift'), 'FP32', ['rows', 1]);
      return builder.encode();
    },
  };
}

function withTreatment(table: Table, arm: (row: number) => number): Table {
  const arms = Float64Array.from({ length: table.rows }, (_, row) => arm(row));
  const products = table.columns.filter(({ kind }) => kind === 'number').map((column): Column => ({
    ...column,
    name: `${column.name} if treated`,
    values: column.values.map((value, row) => value * (arms[row] as number)),
  }));
  return { ...table, columns: [...table.columns, numbers('treated', arms), ...products] };
}

function less(one: Float64Array, other: Float64Array): Float64Array {
  return one.map((value, row) => value - (other[row] as number));
}
