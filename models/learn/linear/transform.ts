/** What a number goes through before it is standardised, so that long tails weigh less. */
export type Transform = 'none' | 'log' | 'power';

/** A transform with its parameter; `power` of 1 is none at all. */
export interface FittedTransform {
  readonly kind: Transform;
  readonly lambda: number; // of `power`; 1 otherwise
}

/** `values` are without missing ones. */
export function fitTransform(kind: Transform, values: Float64Array): FittedTransform {
  return { kind, lambda: kind === 'power' ? bestLambda(values) : 1 };
}

/** `log`: sign(x) ln(1 + |x|). `power`: Yeo & Johnson 2000, which takes negative numbers too. */
export function transformed({ kind, lambda }: FittedTransform, x: number): number {
  switch (kind) {
    case 'none': return x;
    case 'log': return Math.sign(x) * Math.log1p(Math.abs(x));
    case 'power': return x >= 0 ? boxCox(x, lambda) : -boxCox(-x, 2 - lambda);
  }
}

/** ((1 + x)^lambda - 1) / lambda, and its limit at 0; `x` is not negative. */
function boxCox(x: number, lambda: number): number {
  return lambda === 0 ? Math.log1p(x) : Math.expm1(lambda * Math.log1p(x)) / lambda;
}

const LAMBDA_RANGE = [-2, 4] as const;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Of the greatest likelihood of a normal distribution, by golden section; 1 if nothing varies. */
function bestLambda(values: Float64Array): number {
  const tails = values.reduce((sum, x) => sum + Math.sign(x) * Math.log1p(Math.abs(x)), 0);
  const cost = (lambda: number): number => {
    const { deviation } = spread(values.map((x) => transformed({ kind: 'power', lambda }, x)));
    return values.length * Math.log(deviation) - (lambda - 1) * tails;
  };
  if (spread(values).deviation < 1e-12) return 1;
  let [low, high]: [number, number] = [...LAMBDA_RANGE];
  for (let round = 0; round < 40; round += 1) {
    const a = high - GOLDEN * (high - low);
    const b = low + GOLDEN * (high - low);
    if (cost(a) < cost(b)) high = b;
    else low = a;
  }
  const lambda = (low + high) / 2;
  if (Math.abs(lambda) < 1e-3) return 0; // where the formula's limit is meant
  return Math.abs(lambda - 2) < 1e-3 ? 2 : lambda;
}

/** Of the values themselves; both are 0 of nothing. */
export function spread(values: Float64Array): { mean: number; deviation: number } {
  if (values.length === 0) return { mean: 0, deviation: 0 };
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const square = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square) };
}
