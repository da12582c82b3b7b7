/**
 * What a server tells of itself while it is under load: its metrics (Prometheus text: Vitrine's names
 * and Triton's) and its model statistics, read a few times a second. A server that has neither has
 * no samples; one that has a part of it has samples with that part.
 */
import type { ServerSample } from './run.ts';

export interface ServerWatchOptions {
  /** Of the server, ws:// or http://; its path does not matter. */
  readonly url: string;
  /** Where the metrics are; the server's own /metrics where it is not said. Triton's have a port of their own. */
  readonly metricsUrl?: string;
  /** Whose statistics; of all models where it is not said. */
  readonly model?: string;
  readonly everyMs?: number; // 500
}

export interface ServerWatch {
  /** Looks a last time. `startedAt` is the run's: milliseconds since 1970 of second 0. */
  stop(startedAt: number): Promise<ServerSample[]>;
}

type Told = Omit<ServerSample, 'at'>;
interface Look { readonly atMs: number; readonly told: Told }

/** Resolves after the first look, which is before the run. Never rejects: what is not told is absent. */
export async function watchServer(options: ServerWatchOptions): Promise<ServerWatch> {
  const looks: Look[] = [];
  let looking: Promise<void> | null = null;
  const look = (): Promise<void> => {
    looking ??= lookAt(options).then((one) => {
      if (one) looks.push(one);
      looking = null;
    });
    return looking;
  };
  await look();
  if (looks.length === 0) return { stop: () => Promise.resolve([]) };
  const timer = setInterval(() => void look(), options.everyMs ?? 500);
  timer.unref();
  return {
    stop: async (startedAt) => {
      clearInterval(timer);
      if (looking) await looking;
      await look();
      return looks.map(({ atMs, told }) => ({ at: (atMs - startedAt) / 1000, ...told }));
    },
  };
}

async function lookAt({ url, metricsUrl, model }: ServerWatchOptions): Promise<Look | null> {
  const base = httpBase(url);
  const stats = `${base}/v2/models/${model === undefined ? '' : `${encodeURIComponent(model)}/`}stats`;
  const [metrics, statistics] = await Promise.all([
    body(metricsUrl ?? `${base}/metrics`), body(stats),
  ]);
  const told = {
    ...(metrics === null ? {} : toldByMetrics(metrics, model)),
    ...(statistics === null ? {} : toldByStats(statistics, model)),
  };
  return Object.keys(told).length === 0 ? null : { atMs: Date.now(), told };
}

/** `ws://host:1/ws` is served beside `http://host:1`. */
export function httpBase(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol === 'wss:' || protocol === 'https:' ? 'https:' : 'http:'}//${host}`;
}

async function body(url: string): Promise<string | null> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(2000) });
    const text = await reply.text();
    return reply.ok ? text : null;
  } catch {
    return null; // as much as it tells
  }
}

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Prometheus text, a line a series; what is no series is left out. */
export function parseMetrics(text: string): Series[] {
  return text.split('\n').flatMap((line) => {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);
    if (!found) return [];
    const pairs = [...(found[2] ?? '').matchAll(/([\w]+)="((?:[^"\\]|\\.)*)"/g)];
    const value = found[3] === '+Inf' ? Infinity : Number(found[3]);
    if (Number.isNaN(value)) return [];
    return [{
      name: found[1] as string, value,
      labels: Object.fromEntries(pairs.map(([, name, said]) => [name as string, said as string])),
    }];
  });
}

/** Triton's sums by model, microseconds, where there are no statistics. */
const SUMS = {
  requests: ['nv_inference_request_success', 1],
  inferences: ['nv_inference_count', 1],
  executions: ['nv_inference_exec_count', 1],
  requestNs: ['nv_inference_request_duration_us', 1000],
  queueNs: ['nv_inference_queue_duration_us', 1000],
  computeInputNs: ['nv_inference_compute_input_duration_us', 1000],
  computeInferNs: ['nv_inference_compute_infer_duration_us', 1000],
  computeOutputNs: ['nv_inference_compute_output_duration_us', 1000],
} as const satisfies Partial<Record<keyof Told, readonly [string, number]>>;

export function toldByMetrics(text: string, model?: string): Told {
  const all = parseMetrics(text);
  const of = (name: string, labels: Readonly<Record<string, string>> = {}): number[] => all
    .filter((one) => one.name === name && Object.entries(labels).every(([k, v]) => one.labels[k] === v))
    .map(({ value }) => value);
  const told: Record<string, number> = {};
  const put = (name: keyof Told, values: number[], by: (values: number[]) => number): void => {
    if (values.length > 0) told[name] = by(values);
  };
  put('cpuSeconds', of('process_cpu_seconds_total'), sum);
  put('residentBytes', of('process_resident_memory_bytes'), sum);
  const delays = of('vitrine_event_loop_delay_last_second_seconds', { quantile: '0.99' });
  put('loopDelayP99Ms', delays, (each) => 1000 * Math.max(...each));
  put('gpuUtilisation', of('nv_gpu_utilization'), (each) => sum(each) / each.length);
  put('gpuMemoryBytes', of('nv_gpu_memory_used_bytes'), sum);
  put('gpuJoules', of('nv_energy_consumption'), sum);
  for (const [name, [metric, times]] of Object.entries(SUMS)) {
    put(name as keyof Told, of(metric, model === undefined ? {} : { model }), (each) => times * sum(each));
  }
  return told;
}

interface Stats {
  readonly name?: string;
  readonly inference_count?: number;
  readonly execution_count?: number;
  readonly inference_stats?: Readonly<Record<string, { readonly count?: number; readonly ns?: number }>>;
  readonly batch_stats?: readonly {
    readonly batch_size?: number;
    readonly compute_infer?: { readonly count?: number };
  }[];
}

/** Of Triton's statistics: all versions of the model together. */
export function toldByStats(text: string, model?: string): Told {
  const all = versionsOf(text).filter(({ name }) => model === undefined || name === model);
  if (all.length === 0) return {};
  const duration = (phase: string, what: 'count' | 'ns'): number =>
    sum(all.map(({ inference_stats: phases }) => Number(phases?.[phase]?.[what] ?? 0)));
  const batchSizes: Record<string, number> = {};
  for (const { batch_size: size, compute_infer: runs } of all.flatMap(({ batch_stats: each }) => each ?? [])) {
    batchSizes[String(size)] = (batchSizes[String(size)] ?? 0) + Number(runs?.count ?? 0);
  }
  return {
    requests: duration('success', 'count'), requestNs: duration('success', 'ns'),
    queueNs: duration('queue', 'ns'), computeInputNs: duration('compute_input', 'ns'),
    computeInferNs: duration('compute_infer', 'ns'), computeOutputNs: duration('compute_output', 'ns'),
    inferences: sum(all.map(({ inference_count: count }) => Number(count ?? 0))),
    executions: sum(all.map(({ execution_count: count }) => Number(count ?? 0))),
    batchSizes,
  };
}

function versionsOf(text: string): readonly Stats[] {
  try {
    const { model_stats: all } = JSON.parse(text) as { model_stats?: readonly Stats[] };
    return Array.isArray(all) ? all : [];
  } catch {
    return [];
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}
