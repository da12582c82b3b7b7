import type { OnnxGraphBuilder, Value } from '../../recipes/onnx/graph.ts';
import type { EncodedNumber, Encoding } from './encoding.ts';

/**
 * A linear model as nodes of a graph: from `features` FP32 [rows, columns] to its margin, FP32
 * [rows, 1]. Between the two it is double, as `predict` is: a mean may be large beside a deviation.
 * `weights` are by place in an encoded row, the intercept last.
 */
export function addLinear(
  graph: OnnxGraphBuilder, encoding: Encoding, weights: Float64Array, features: Value,
): Value {
  let intercept = weights[encoding.width] as number;
  const parts: Value[] = [];
  if (encoding.numbers.length > 0) parts.push(...numberParts(graph, encoding, weights, features));
  const { categories } = encoding;
  const indicators = categories.flatMap(({ column, count, at, missingAt }) => {
    // Having no category weighs as the missing one: then each category is its difference from it.
    const missing = missingAt >= 0 ? (weights[missingAt] as number) : 0;
    intercept += missing;
    return Array.from({ length: count }, (_, code) =>
      ({ column, code, weight: (weights[at + code] as number) - missing }));
  });
  if (indicators.length > 0) {
    const from = graph.integers(graph.fresh('columns'), ...indicators.map(({ column }) => column));
    const codes = graph.constant(graph.fresh('codes'), [1, indicators.length],
      Float32Array.from(indicators, ({ code }) => code));
    const cells = step(graph, 'Gather', [features, from], { axis: { int: 1 } });
    const is = step(graph, 'Cast', [step(graph, 'Equal', [cells, codes])], { to: { int: DOUBLE } });
    parts.push(weigh(graph, is, indicators.map(({ weight }) => weight)));
  }
  const start = graph.constant(graph.fresh('intercept'), [1, 1], Float64Array.of(intercept));
  const sum = parts.reduce((total, part) => step(graph, 'Add', [total, part]), start);
  return step(graph, 'Cast', [sum], { to: { int: FLOAT } });
}

const FLOAT = 1; // TensorProto.data_type
const DOUBLE = 11;

/** Standardised numbers by their weights, and the indicators of missing ones by theirs. */
function numberParts(
  graph: OnnxGraphBuilder, { numbers }: Encoding, weights: Float64Array, features: Value,
): Value[] {
  const each = (name: string, of: (number: EncodedNumber) => number): Value =>
    graph.constant(graph.fresh(name), [1, numbers.length], Float64Array.from(numbers, of));
  const from = graph.integers(graph.fresh('columns'), ...numbers.map(({ column }) => column));
  const cells = step(graph, 'Gather', [features, from], { axis: { int: 1 } });
  const missing = step(graph, 'IsNaN', [cells]);
  const zero = graph.constant(graph.fresh('zero'), [], Float64Array.of(0));
  const exact = step(graph, 'Cast', [cells], { to: { int: DOUBLE } });
  const known = step(graph, 'Where', [missing, zero, exact]);
  const shaped = addTransform(graph, numbers, known, each);
  const centred = step(graph, 'Sub', [shaped, each('mean', ({ mean }) => mean)]);
  const scaled = step(graph, 'Div', [centred, each('deviation', ({ deviation }) => deviation)]);
  const least = step(graph, 'Max', [scaled, each('least', (number) => number.least)]);
  const within = step(graph, 'Min', [least, each('most', ({ most }) => most)]);
  const values = step(graph, 'Where', [missing, zero, within]);
  const parts = [weigh(graph, values, numbers.map(({ at }) => weights[at] as number))];
  if (numbers.some(({ missingAt }) => missingAt >= 0)) {
    const is = step(graph, 'Cast', [missing], { to: { int: DOUBLE } });
    parts.push(weigh(graph, is, numbers.map(({ missingAt }) =>
      (missingAt >= 0 ? (weights[missingAt] as number) : 0))));
  }
  return parts;
}

/** All numbers of a model have one kind of transform, each its own parameter. */
function addTransform(
  graph: OnnxGraphBuilder, numbers: readonly EncodedNumber[], x: Value,
  each: (name: string, of: (number: EncodedNumber) => number) => Value,
): Value {
  const kind = numbers[0]?.transform.kind;
  if (kind === 'none') return x;
  const one = graph.constant(graph.fresh('one'), [], Float64Array.of(1));
  const sign = step(graph, 'Sign', [x]);
  const log = step(graph, 'Log', [step(graph, 'Add', [step(graph, 'Abs', [x]), one])]);
  if (kind === 'log') return step(graph, 'Mul', [sign, log]);
  // ((1 + |x|)^lambda - 1) / lambda, with 2 - lambda for negative x; its logarithm where that is 0.
  const boxCox = (name: string, lambda: (number: EncodedNumber) => number): Value => {
    const safe = each(name, (number) => lambda(number) || 1);
    const power = step(graph, 'Exp', [step(graph, 'Mul', [log, safe])]);
    const grown = step(graph, 'Div', [step(graph, 'Sub', [power, one]), safe]);
    const share = each(name, (number) => (lambda(number) === 0 ? 0 : 1));
    const rest = each(name, (number) => (lambda(number) === 0 ? 1 : 0));
    return step(graph, 'Add', [
      step(graph, 'Mul', [grown, share]), step(graph, 'Mul', [log, rest])]);
  };
  const above = boxCox('lambda', ({ transform }) => transform.lambda);
  const below = boxCox('lambda_below', ({ transform }) => 2 - transform.lambda);
  const zero = graph.constant(graph.fresh('zero'), [], Float64Array.of(0));
  const negative = step(graph, 'Less', [x, zero]);
  return step(graph, 'Mul', [sign, step(graph, 'Where', [negative, below, above])]);
}

function weigh(graph: OnnxGraphBuilder, values: Value, weights: number[]): Value {
  const column = graph.constant(
    graph.fresh('weights'), [weights.length, 1], Float64Array.from(weights));
  return step(graph, 'MatMul', [values, column]);
}

function step(
  graph: OnnxGraphBuilder, op: string, input: readonly Value[],
  attributes: Parameters<OnnxGraphBuilder['node']>[2] = {},
): Value {
  return graph.node(op, input, attributes, graph.fresh(op.toLowerCase()));
}
