import type { Bounds, Comparison, Report } from './reports.ts';

/** In one sentence; what was shown once stands. */
export function sentence(one: Comparison, { metric, kind }: Pick<Report, 'metric' | 'kind'>): string {
  const { arm, control, decided, value, low, high } = one;
  if (value === undefined || low === undefined || high === undefined) {
    return `${arm}: too early to say anything.`;
  }
  const of = kind === 'interleave' ? 'votes a visitor' : metric === 'revenue' ? 'revenue a unit' : `${metric} rate`;
  const number = numbers({ metric, kind });
  const figures = `${signed(value, number)} (${signed(low, number)} to ${signed(high, number)})`;
  if (!decided) return `${arm} against ${control}: nothing shown yet. ${capital(of)} ${figures}.`;
  return `${arm} is ${decided.verdict} than ${control}, as shown after ${count(decided.units)} units. ` +
    `${capital(of)} ${figures}.`;
}

/** How a value of the metric is written. */
export function numbers({ metric, kind }: Pick<Report, 'metric' | 'kind'>): (value: number) => string {
  const share = metric !== 'revenue' && kind !== 'interleave';
  const digits = kind === 'interleave' ? 3 : 2;
  return (value) => minus((share ? 100 * value : value).toFixed(digits)) + (share ? ' %' : '');
}

/** The same beside an axis: no more digits than the steps need. */
export function ticks({ metric, kind }: Pick<Report, 'metric' | 'kind'>): (value: number) => string {
  const share = metric !== 'revenue' && kind !== 'interleave';
  return (value) => minus(String(Number((share ? 100 * value : value).toPrecision(6)))) + (share ? ' %' : '');
}

function minus(text: string): string {
  return text.replace('-', '−');
}

export function range({ low, high }: Bounds, number: (value: number) => string): string {
  return `${number(low)} to ${number(high)}`;
}

export function signed(value: number, number: (value: number) => string): string {
  return value > 0 ? `+${number(value)}` : number(value);
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
