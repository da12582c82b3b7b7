/**
 * Recall against queries a second, as a picture: a row of panels a set, a panel a way of asking. Lines
 * join the points that no other of their engine beats; the others are dots beside them.
 */
import type { Row } from '../report.ts';
import { frontier } from './matched.ts';
import { axis, escaped, line, logTicks, mark, spacedApart, text, type Mark } from '../../server/core/svg.ts';

interface Dot {
  readonly recall: number;
  readonly rate: number;
}
interface Series {
  readonly name: string;
  readonly dots: readonly Dot[]; // by rising recall
}

const POINTS = /^(.*), every point measured$/;
const PANEL = { width: 400, height: 270, left: 64, top: 64, gutter: 150, below: 66 };
const RECALL_TICKS = [0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
const RECALL_SHOWN = { min: 0.7, max: 0.9993 };
const EXACT_X = PANEL.width - 14; // scans stand in a column of their own

/** Okabe and Ito's colours, which colour-blind readers tell apart; shapes say it again. */
const LOOKS: Readonly<Record<string, { colour: string; mark: Mark; strong?: true }>> = {
  Vitrine: { colour: '#0072b2', mark: 'circle', strong: true },
  'Vitrine bf16': { colour: '#56b4e9', mark: 'circle' },
  'Vitrine exact': { colour: '#0072b2', mark: 'square', strong: true },
  'hnswlib-node': { colour: '#d55e00', mark: 'square' },
  'usearch f32': { colour: '#cc79a7', mark: 'triangle' },
  'usearch bf16': { colour: '#b8860b', mark: 'diamond' },
  'FAISS HNSW32': { colour: '#009e73', mark: 'triangle' },
  'FAISS IVF fast-scan': { colour: '#8c510a', mark: 'diamond' },
  'FAISS flat': { colour: '#555555', mark: 'triangle' },
  'BLAS scan (numpy)': { colour: '#555555', mark: 'diamond' },
};
const OTHER = { colour: '#222222', mark: 'circle' } as const;

/** `{ 'NAME.svg': text }` for the rows of a result; nothing when no points were measured. */
export function plotSpeeds(rows: readonly Row[]): Record<string, string> {
  const named = rows.map((row) => POINTS.exec(row.case)?.[1]);
  const sets = [...new Set(named.filter((name) => name !== undefined))];
  if (sets.length === 0) return {};
  const modes = ['one by one', '64 a call'];
  const across = PANEL.left + PANEL.width + PANEL.gutter;
  const down = PANEL.top + PANEL.height + PANEL.below;
  const panels = sets.flatMap((set, y) =>
    modes.map((mode, x) => {
      const series = seriesOf(rows, set, mode);
      const title = `${set}: ${mode}`;
      const place = `${PANEL.left + x * across},${PANEL.top + y * down}`;
      return `<g transform="translate(${place})">${panel(title, series)}</g>`;
    }),
  );
  const width = modes.length * across + 8;
  const height = sets.length * down + 8;
  return { svg: document(width, height, panels.join('\n')) };
}

function seriesOf(rows: readonly Row[], set: string, mode: string): Series[] {
  const dots = new Map<string, Dot[]>();
  const mine = rows.filter((row) => POINTS.exec(row.case)?.[1] === set);
  for (const { impl, value } of mine.filter((row) => row.metric.startsWith('recall'))) {
    const rate = mine.find((row) => row.impl === impl && row.metric === mode)?.value;
    if (!rate || value < RECALL_SHOWN.min) continue;
    const name = impl.split(', ')[0] as string;
    dots.set(name, [...(dots.get(name) ?? []), { recall: value, rate }]);
  }
  const byRecall = (list: readonly Dot[]) => list.toSorted((a, b) => a.recall - b.recall);
  return [...dots].map(([name, list]) => ({ name, dots: byRecall(list) }));
}

function panel(title: string, series: readonly Series[]): string {
  const { width, height } = PANEL;
  const rates = series.flatMap(({ dots }) => dots.map(({ rate }) => rate));
  const low = Math.log10(Math.min(...rates)) - 0.08;
  const high = Math.log10(Math.max(...rates)) + 0.08;
  const y = (rate: number) => height - ((Math.log10(rate) - low) / (high - low)) * height;
  const parts = [
    text(0, -14, title, { weight: 600, size: 13 }),
    axis(width, height),
    ...RECALL_TICKS.map((tick) => {
      const grid = line([[x(tick), 0], [x(tick), height]], '#e6e6e6');
      return grid + text(x(tick), height + 16, String(tick), { anchor: 'middle' });
    }),
    text(EXACT_X, height + 16, 'exact', { anchor: 'middle' }),
    line([[EXACT_X - 24, 0], [EXACT_X - 24, height]], '#bbbbbb', 1, '2 3'),
    text(width / 2, height + 34, 'recall@10', { anchor: 'middle' }),
    ...logTicks(low, high).map(({ value, label }) => {
      const grid = line([[0, y(value)], [width, y(value)]], label ? '#e0e0e0' : '#f1f1f1');
      return grid + (label ? text(-6, y(value) + 4, label, { anchor: 'end' }) : '');
    }),
    text(-PANEL.left + 12, height / 2, 'queries/s on one core', { anchor: 'middle', turned: true }),
  ];
  const ends = series.map(({ name, dots }) => {
    const last = dots.at(-1) as Dot;
    return { name, x: x(last.recall), y: y(last.rate) };
  });
  const labelYs = spacedApart(ends.map((end) => end.y), 14, 6, height);
  series.forEach(({ name, dots }, at) => {
    const { colour, mark: shape, ...rest } = LOOKS[name] ?? OTHER;
    const strong = 'strong' in rest;
    const places = dots.map(({ recall, rate }): [number, number] => [x(recall), y(rate)]);
    const best = frontier(dots).map(({ recall, rate }): [number, number] => [x(recall), y(rate)]);
    parts.push(line(best, colour, strong ? 2.6 : 1.5));
    for (const [px, py] of places) parts.push(mark(shape, px, py, strong ? 3.6 : 3, colour));
    const end = ends[at] as { x: number; y: number };
    const labelY = labelYs[at] as number;
    parts.push(line([[end.x + 5, end.y], [width + 4, labelY]], colour, 0.7, '1 2'));
    parts.push(text(width + 8, labelY + 4, name, { fill: colour, weight: strong ? 700 : 400 }));
  });
  return parts.join('\n');
}

/** Recall by what is missed: from 0.9 to 0.99 is as far as from 0.99 to 0.999. Found all: a column. */
function x(recall: number): number {
  if (recall > RECALL_SHOWN.max) return EXACT_X;
  const place = (value: number) => -Math.log10(1 - value);
  const { min, max } = RECALL_SHOWN;
  const share = (place(Math.max(min, recall)) - place(min)) / (place(max) - place(min));
  return share * (EXACT_X - 30);
}

function document(width: number, height: number, body: string): string {
  const about = 'Recall at 10 against queries a second on one core, for each vector index';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      `width="${width}" height="${height}" ` +
      `role="img" font-family="system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif" font-size="11">`,
    `<title>${escaped(about)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    body,
    '</svg>\n',
  ].join('\n');
}
