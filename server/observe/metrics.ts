import assert from 'node:assert/strict';

type Labels = Readonly<Record<string, string>>;
type Kind = 'counter' | 'gauge';

/** A number that the owner sets or adds to: a plain field, so that counting costs an addition. */
export interface Cell {
  value: number;
}

interface Family {
  readonly name: string;
  readonly kind: Kind;
  readonly help: string;
  readonly series: { readonly labels: string; readonly read: () => number }[];
}

interface HistogramFamily {
  readonly name: string;
  readonly help: string;
  readonly series: { readonly labels: Labels; readonly read: () => HistogramData }[];
}

/** Cumulative buckets as Prometheus wants them: `counts[i]` values were at most `bounds[i]`. */
export interface HistogramData {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/**
 * Every number the server publishes, as Prometheus text (exposition format 0.0.4). Values are
 * read when somebody scrapes, so the hot path pays nothing but its own additions.
 */
export class Metrics {
  readonly #families = new Map<string, Family>();
  readonly #histograms = new Map<string, HistogramFamily>();
  readonly #included: (() => Metrics)[] = [];

  /** A counter that its owner adds to. */
  counter(name: string, help: string, labels: Labels = {}): Cell {
    const cell = { value: 0 };
    this.observe('counter', name, help, labels, () => cell.value);
    return cell;
  }

  /** A number read at scrape time. */
  gauge(name: string, help: string, labels: Labels, read: () => number): void {
    this.observe('gauge', name, help, labels, read);
  }

  observe(kind: Kind, name: string, help: string, labels: Labels, read: () => number): void {
    const family = this.#families.get(name) ?? { name, kind, help, series: [] };
    assert.equal(family.kind, kind, `${name} is registered as a ${family.kind}`);
    this.#families.set(name, family);
    family.series.push({ labels: formatLabels(labels), read });
  }

  histogram(name: string, help: string, labels: Labels, read: () => HistogramData): void {
    const family = this.#histograms.get(name) ?? { name, help, series: [] };
    this.#histograms.set(name, family);
    family.series.push({ labels, read });
  }

  /** The sum of a name's series; 0 where there is none. */
  total(name: string): number {
    const series = this.#families.get(name)?.series ?? [];
    return series.reduce((sum, { read }) => sum + read(), 0);
  }

  /** Numbers of what comes and goes: made anew for each page. Their names are nobody else's. */
  include(made: () => Metrics): void {
    this.#included.push(made);
  }

  /** The whole page. */
  text(): string {
    return this.#lines().join('\n') + '\n';
  }

  #lines(): string[] {
    const lines: string[] = [];
    for (const { name, kind, help, series } of this.#families.values()) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
      for (const { labels, read } of series) lines.push(`${name}${labels} ${formatNumber(read())}`);
    }
    for (const { name, help, series } of this.#histograms.values()) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} histogram`);
      for (const { labels, read } of series) lines.push(...histogramLines(name, labels, read()));
    }
    for (const made of this.#included) lines.push(...made().#lines());
    return lines;
  }
}

function histogramLines(name: string, labels: Labels, data: HistogramData): string[] {
  const buckets = data.bounds.map(
    (bound, i) =>
      `${name}_bucket${formatLabels({ ...labels, le: formatNumber(bound) })} ${data.counts[i]}`,
  );
  return [
    ...buckets,
    `${name}_bucket${formatLabels({ ...labels, le: '+Inf' })} ${data.count}`,
    `${name}_sum${formatLabels(labels)} ${formatNumber(data.sum)}`,
    `${name}_count${formatLabels(labels)} ${data.count}`,
  ];
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels);
  if (pairs.length === 0) return '';
  return `{${pairs.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
