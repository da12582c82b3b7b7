import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Machine } from './machine.ts';

/** One measured number. Spread over the turns where there were several. */
export interface Row {
  readonly case: string;
  readonly impl: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly low?: number;
  readonly high?: number;
  /**
   * This value over the named implementation's of the same case and metric; with an interval that
   * holds the true ratio in 95 of 100 such runs, where the turns were told.
   */
  readonly ratio_to?: {
    readonly impl: string;
    readonly ratio: number;
    readonly low?: number;
    readonly high?: number;
  };
}

export interface Result {
  readonly bench: string;
  readonly when: string; // ISO 8601
  readonly quick: boolean;
  readonly commit: { readonly hash: string; readonly dirty: boolean };
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly inputs: string; // digest: equal inputs, equal digest
  readonly notes: readonly string[]; // what a reader must know before quoting a number
  readonly rows: readonly Row[];
}

export function writeResult(path: string, result: Result): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(result, null, 1) + '\n');
}

/** The rows with ratios to `base`'s value of the same case and metric, where it has one. */
export function withRatios(rows: readonly Row[], base: string): Row[] {
  return rows.map((row) => {
    const other = rows.find((r) => r.impl === base && r.case === row.case && r.metric === row.metric);
    if (!other || row.impl === base || other.value === 0) return row;
    return { ...row, ratio_to: { impl: base, ratio: row.value / other.value } };
  });
}

/** The result as text: a table a case, a line an implementation, a column a metric. */
export function resultText(result: Result): string {
  const { machine, commit } = result;
  const head = [
    `bench ${result.bench}${result.quick ? ' (quick)' : ''}, ${result.when}`,
    `commit ${commit.hash}${commit.dirty ? ' with uncommitted changes' : ''}, inputs ${result.inputs}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}, ` +
      `governor ${machine.governor}, load average ${machine.loadAverage.toFixed(2)}`,
    Object.entries(result.versions).map(([name, version]) => `${name} ${version}`).join(', '),
  ];
  const cases = [...new Set(result.rows.map((row) => row.case))];
  const tables = cases.map((name) => caseText(name, result.rows.filter((row) => row.case === name)));
  return [...head, '', ...tables, ...result.notes.map((note) => `note: ${note}`)].join('\n');
}

function caseText(name: string, rows: readonly Row[]): string {
  const metrics = [...new Set(rows.map((row) => row.metric))];
  const unit = (metric: string) => rows.find((row) => row.metric === metric)?.unit ?? '';
  const lines = [['', ...metrics.map((metric) => `${metric} [${unit(metric)}]`)]];
  for (const impl of new Set(rows.map((row) => row.impl))) {
    const cells = metrics.map((metric) => {
      const row = rows.find((r) => r.impl === impl && r.metric === metric);
      return row ? cellText(row) : '';
    });
    lines.push([impl, ...cells]);
  }
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((l) => l[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths?.[at] ?? 0) : cell.padStart(widths?.[at] ?? 0)))
      .join('  ').trimEnd(),
  );
  return [name, ...text.map((line) => `  ${line}`), ''].join('\n');
}

function cellText(row: Row): string {
  const ratio = row.ratio_to ? ` (${ratioCell(row.ratio_to)})` : '';
  return numberText(row.value) + ratio;
}

function ratioCell({ ratio, low, high }: NonNullable<Row['ratio_to']>): string {
  if (low === undefined || high === undefined) return ratioText(ratio);
  return `${ratioText(ratio)}, ${ratioText(low)} to ${ratioText(high)}`;
}

export function ratioText(ratio: number): string {
  if (ratio >= 0.1) return `${ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)}x`;
  return `${Number(ratio.toPrecision(2))}x`;
}

/** Three significant digits below a thousand, whole numbers with separators above. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
