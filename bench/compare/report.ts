import { writeFileSync } from 'node:fs';
import { escaped, line, text } from '../../server/core/svg.ts';
import { chart, count, dot, latencyAxis, linear, svg, usText, type Axis } from '../lab/report/chart.ts';
import { figures, htmlPage, section, table } from '../lab/report/page.ts';
import type { Machine } from '../machine.ts';
import type { MetricVerdict, Pair, Verdict } from './judge.ts';

/** A comparison as it ended, with what is needed to judge it anew. */
export interface Comparison {
  readonly when: string;
  readonly a: string; // as typed
  readonly b: string;
  readonly command: string;
  readonly machine: Machine;
  readonly commit: string;
  readonly verdict: Verdict;
  /** Wealth after each pair. */
  readonly evidence: readonly number[];
  /** Which side went first, by pair. */
  readonly orders: readonly ('AB' | 'BA')[];
  readonly pairs: readonly Pair[];
  /** Pairs that were thrown away because the generator was late in one of their blocks. */
  readonly late: number;
}

/** One sentence that may be quoted. */
export function decisionText({ verdict, a, b }: Pick<Comparison, 'verdict' | 'a' | 'b'>): string {
  const { decision, tolerance, within, pairs, alpha, metrics } = verdict;
  const sure = `${pairs} pairs, wrong in at most ${Number((100 * alpha).toPrecision(3))} % of comparisons`;
  const judged = metrics.filter((one) => one.judged).map(({ name }) => name).join(', ');
  if (decision === 'none beyond tolerance') {
    return `No difference beyond ${tolerance} % between ${a} (A) and ${b} (B) in ${judged}: none beyond ` +
      `${percent(within)} (${sure}).`;
  }
  if (decision === 'different') {
    // Where no figure is sure with all counted, those are named that would be if they alone were looked at.
    const sureOnes = metrics.filter((one) => one.shown);
    const named = sureOnes.length > 0 ? sureOnes : metrics.filter((one) => one.evidence >= 1 / alpha);
    const by = named.length === 0 ? 'in the latencies as a whole, in no figure by itself'
      : named.map((one) => `${one.name} ${changeText(one)}`).join(', ');
    return `${b} (B) differs from ${a} (A): ${by} (${sure}).`;
  }
  return `Neither a difference between ${a} (A) and ${b} (B) was shown in ${pairs} pairs, nor that there is none ` +
    `beyond ${tolerance} %: what they leave open goes to ${percent(within)} in ${judged}.`;
}

export function comparisonText(comparison: Comparison): string {
  const { verdict, late } = comparison;
  const head = ['', 'A', 'B', 'B over A', 'bounds', 'evidence'];
  const rows = verdict.metrics.map((one) => [
    `${one.name}${one.judged ? ' *' : ''}`, valueText(one, one.a), valueText(one, one.b), signed(one.change, one),
    boundsText(one), `${wealth(one.evidence)}${one.shown ? ' !' : ''}`,
  ]);
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => (row[at] as string).length)));
  const lines = [head, ...rows].map((row) => `  ${row.map((cell, at) =>
    (at === 0 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number))).join('  ').trimEnd()}`);
  return [
    decisionText(comparison), '', ...lines,
    `  * judged by the tolerance   ! sure by itself; all together: ${wealth(verdict.evidence)}, ` +
      `${count(1 / verdict.alpha)} decides`,
    ...(late === 0 ? [] : [`  ${late} pairs were thrown away: the generator was late in one of their blocks`]),
    '',
  ].join('\n');
}

/** The verdict and every block's figures; latencies as a hundred quantiles and the tail. */
export function writeComparison(path: string, { pairs, ...rest }: Comparison): void {
  const block = (one: Pair[0]) => ({
    answeredPerS: one.answeredPerS, failedShare: one.failedShare, cpuUs: one.cpuUs, count: one.latencies.length,
    quantiles: SHARES.map((share) => [share, at(one.latencies, share)]),
  });
  const blocks = pairs.map(([a, b], i) => ({ order: rest.orders[i], a: block(a), b: block(b) }));
  writeFileSync(path, `${JSON.stringify({ ...rest, blocks }, null, 1)}\n`);
}

const SHARES = [...Array.from({ length: 100 }, (_, i) => i / 100), 0.995, 0.999, 0.9995, 0.9999, 1];

function at(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function comparisonPage(comparison: Comparison): string {
  const { a, b, verdict, machine, commit, when, command } = comparison;
  const colour = verdict.decision === 'different' ? 'warn' : 'tile';
  return htmlPage(`${a} and ${b}`, [
    '<h1>Comparison</h1>',
    `<p class="quiet">A: <b>${escaped(a)}</b>; B: <b>${escaped(b)}</b>; ` +
      `${escaped(when.slice(0, 16).replace('T', ' '))} UTC</p>`,
    `<div class="${colour}" style="padding:14px 18px;color:var(--ink);font-size:16px">` +
      `${escaped(decisionText(comparison))}</div>`,
    section('Figures', '', table(['', 'A', 'B', 'B over A', 'bounds', 'evidence'], verdict.metrics.map((one) => [
      `${escaped(one.name)}${one.judged ? ' *' : ''}`, valueText(one, one.a), valueText(one, one.b),
      signed(one.change, one), boundsText(one), `${wealth(one.evidence)}${one.shown ? ' <b>!</b>' : ''}`,
    ])), `<p class="quiet">* judged by the tolerance of ${verdict.tolerance} %; ! sure by itself. Bounds hold at ` +
      'every moment, so that a run may end whenever they say enough.</p>'),
    section('Pictures', '', figures([
      ['Change by figure', changes(verdict), 'B over A less one, with its bounds; the grey band is the tolerance.'],
      ['All latencies', distributions(comparison), 'Middle of the blocks’ quantiles, from when a request was due.'],
      ['Evidence', evidenceOverPairs(comparison), 'What a bettor who stakes 1 against "it makes no difference" has ' +
        'after each pair. Without a difference they reach the line in at most 1 of ' +
        `${Math.round(1 / verdict.alpha)} comparisons, however long it goes on.`],
    ])),
    section('How it was measured', '', `<ul>${[
      `Command: <code>${escaped(command)}</code>`,
      'Each pair is a block of A and one of B with the same requests, one after the other; a coin says which is first.',
      escaped(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}, load average ` +
        `before ${machine.loadAverage.toFixed(2)}; commit ${commit}`),
      `${comparison.late} pairs were thrown away because the generator was late.`,
    ].map((one) => `<li>${one}</li>`).join('')}</ul>`),
  ]);
}

const [LEFT, ROW, WIDTH, RIGHT] = [96, 26, 560, 20];

function changes({ metrics, tolerance }: Verdict): string {
  const shown = metrics.filter((one) => one.unit !== '%');
  const finite = shown.flatMap(({ low, high, change }) => [low, high, change]).filter(Number.isFinite).map(Math.abs);
  const most = Math.min(200, Math.max(tolerance * 1.5, ...finite) * 1.1);
  const x = (value: number): number =>
    LEFT + ((Math.min(most, Math.max(-most, value)) + most) / (2 * most)) * (WIDTH - LEFT - RIGHT);
  const bottom = 12 + shown.length * ROW;
  const ticks = [-most / 1.1, -most / 2.2, 0, most / 2.2, most / 1.1];
  return svg('Change by figure', bottom + 28, [
    `<rect x="${x(-tolerance).toFixed(1)}" y="6" width="${(x(tolerance) - x(-tolerance)).toFixed(1)}" ` +
      `height="${bottom - 6}" fill="var(--soft)" fill-opacity="0.13"/>`,
    line([[x(0), 6], [x(0), bottom]], 'var(--axis)'),
    ...ticks.map((tick) => text(x(tick), bottom + 18, `${tick > 0 ? '+' : ''}${Number(tick.toPrecision(2))} %`,
      { anchor: 'middle', fill: 'var(--soft)' })),
    ...shown.flatMap((one, row) => {
      const y = 12 + row * ROW + ROW / 2;
      const colour = one.shown ? 'var(--c2)' : 'var(--c1)';
      return [
        text(LEFT - 8, y + 4, one.name, { anchor: 'end', fill: 'var(--ink)' }),
        line([[x(one.low), y], [x(one.high), y]], colour, 2.5),
        dot(x(one.change), y, 5, colour, `${one.name}: ${changeText(one)}`),
      ];
    }),
  ]);
}

function distributions({ pairs }: Comparison): string {
  const nines = 3.5;
  const shares = Array.from({ length: 71 }, (_, i) => 1 - 10 ** -(i / 20));
  const curve = (side: 0 | 1): [number, number][] => shares.map((share, i) =>
    [i / 20, middle(pairs.map((pair) => at(pair[side].latencies, share)))]);
  const [a, b] = [curve(0), curve(1)];
  const all = [...a, ...b].map(([, us]) => us).filter((us) => us > 0);
  if (all.length === 0) return '';
  const x: Axis = {
    label: 'percentile of requests', low: 0, high: nines,
    ticks: [0, 1, 2, 3].map((value) => ({ value, label: ['0 %', '90 %', '99 %', '99.9 %'][value] as string })),
  };
  const y = latencyAxis('latency', Math.min(...all), Math.max(...all));
  const keys = [{ name: 'A', colour: 'var(--c1)' }, { name: 'B', colour: 'var(--c2)', dash: '6 4' }];
  return chart('All latencies', x, y, keys, (plane) => [
    line(a.map(([nine, us]) => [plane.x(nine), plane.y(us)]), 'var(--c1)', 2.2),
    line(b.map(([nine, us]) => [plane.x(nine), plane.y(us)]), 'var(--c2)', 2.2, '6 4'),
  ]);
}

function evidenceOverPairs({ evidence, verdict }: Comparison): string {
  if (evidence.length < 2) return '';
  const wanted = 1 / verdict.alpha;
  const [low, high] = [Math.min(0.1, ...evidence), Math.max(100, ...evidence)];
  const decades = Array.from({ length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i));
  const y: Axis = {
    label: 'wealth from 1', low: decades[0] as number, high: decades.at(-1) as number, log: true,
    ticks: decades.map((value) => ({ value, label: count(Number(value.toPrecision(3))) })),
  };
  const x = linear('pairs of blocks', evidence.length, String);
  return chart('Evidence', x, y, [], (plane) => [
    line([[plane.left, plane.y(wanted)], [plane.right, plane.y(wanted)]], 'var(--bad)', 1.2, '6 4'),
    text(plane.right - 4, plane.y(wanted) - 5, `${count(wanted)} decides`,
      { anchor: 'end', fill: 'var(--bad)', size: 11 }),
    line(evidence.map((wealth, i) => [plane.x(i + 1), plane.y(wealth)]), 'var(--c1)', 2.2),
  ]);
}

function changeText(one: MetricVerdict): string {
  return `${signed(one.change, one)} (${boundsText(one)})`;
}

function boundsText(one: MetricVerdict): string {
  return `${signed(one.low, one)} .. ${signed(one.high, one)}`;
}

function signed(value: number, { unit }: Pick<MetricVerdict, 'unit'>): string {
  if (Number.isNaN(value)) return '-';
  if (!Number.isFinite(value) || value <= -100) return 'open'; // nothing is refuted on this side yet
  return `${value > 0 ? '+' : ''}${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} ${unit === '%' ? 'points' : '%'}`;
}

function valueText({ unit }: MetricVerdict, value: number): string {
  if (unit === 'us') return usText(value);
  return unit === '%' ? `${Number(value.toPrecision(3))} %` : `${count(value)}/s`;
}

function wealth(value: number): string {
  return count(Number(value.toPrecision(3)));
}

function percent(value: number): string {
  return Number.isFinite(value) ? `${Number(value.toPrecision(2))} %` : 'any size';
}

function middle(values: readonly number[]): number {
  const sorted = values.filter((one) => !Number.isNaN(one)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
