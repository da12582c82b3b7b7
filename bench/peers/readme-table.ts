/** The README's table of peers, written from a result so that nobody copies a figure by hand. */
import { numberText, ratioText, type Row } from '../report.ts';

const BEGIN = '<!-- peers: written by `npm run bench -- peers` -->';
const END = '<!-- /peers -->';

export interface TableColumn {
  readonly case: string;
  readonly metric: string;
  readonly head: string;
}

/** A row an implementation, ratios beside what has one. */
export function markdownTable(rows: readonly Row[], columns: readonly TableColumn[]): string {
  const lines = [
    ['', ...columns.map(({ head }) => head)],
    ['---', ...columns.map(() => '---:')],
  ];
  for (const impl of new Set(rows.map((row) => row.impl))) {
    lines.push([impl, ...columns.map((column) => {
      const row = rows.find((candidate) => candidate.impl === impl
        && candidate.case === column.case && candidate.metric === column.metric);
      return row ? cell(row) : '';
    })]);
  }
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function cell({ value, ratio_to: to }: Row): string {
  if (!to) return numberText(value);
  const { ratio, low, high } = to;
  const range = low === undefined || high === undefined ? '' : `, ${ratioText(low)}-${ratioText(high)}`;
  return `${numberText(value)} (${ratioText(ratio)}${range})`;
}

/** The page with the table between its marks. Fails where the page has no such place. */
export function withTable(page: string, table: string, about: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`README.md has no '${BEGIN}' … '${END}'`);
  return `${page.slice(0, begin + BEGIN.length)}\n${table}\n\n${about}\n${page.slice(end)}`;
}
