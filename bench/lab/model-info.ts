import { LoadProblem } from './problem.ts';
import type { Target } from './target.ts';

/** What a KServe v2 server says of a model. */
export interface ModelInfo {
  readonly name: string;
  readonly version: string; // '' where none was asked for
  readonly inputs: readonly TensorInfo[];
  /** Rows of a request at most; 0 is a model whose shapes have no batch dimension. */
  readonly batchMax: number;
  /** Whether `/v2/models/…/stats` is there. */
  readonly statistics: boolean;
}

/** Without the batch dimension. -1 is any size. */
export interface TensorInfo {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly optional: boolean;
}

const PATIENCE_MS = 10_000;

/** Where the server's KServe face is: the same host and port, whatever the load speaks. */
export function httpBase({ tls, host, port }: Pick<Target, 'tls' | 'host' | 'port'>): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
}

/** Reads metadata, and the configuration where the server has that extension. */
export async function readModelInfo(
  base: string, name: string, version: string, headers: Readonly<Record<string, string>>,
): Promise<ModelInfo> {
  const path = `${base}/v2/models/${encodeURIComponent(name)}${version === '' ? '' : `/versions/${version}`}`;
  const metadata = await getJson(path, headers);
  if (!metadata.ok) throw new LoadProblem(`the model '${name}': ${metadata.why}`, 1);
  const config = await getJson(`${path}/config`, headers);
  const statistics = await getJson(`${path}/stats`, headers);
  const { inputs } = metadata.value as { inputs?: { name: string; datatype: string; shape: (number | string)[] }[] };
  if (!Array.isArray(inputs) || inputs.length === 0) {
    const what = `the server tells no inputs of '${name}'`;
    throw new LoadProblem(`${what}: describe requests in a template (--template FILE)`, 1);
  }
  const { max_batch_size: told, input: configured = [] } = (config.ok ? config.value : {}) as {
    max_batch_size?: number;
    input?: { name: string; optional?: boolean }[];
  };
  // A server without the extension: a first dimension of any size is the batch's.
  const batched = typeof told === 'number' ? told > 0 : inputs.every(({ shape }) => Number(shape[0]) === -1);
  return {
    name,
    version,
    inputs: inputs.map(({ name: input, datatype, shape }) => ({
      name: input,
      datatype,
      shape: shape.slice(batched ? 1 : 0).map(Number),
      optional: configured.find((one) => one.name === input)?.optional === true,
    })),
    batchMax: typeof told === 'number' ? told : batched ? Infinity : 0,
    statistics: statistics.ok,
  };
}

type Got = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

async function getJson(url: string, headers: Readonly<Record<string, string>>): Promise<Got> {
  try {
    const response = await fetch(url, { headers: { ...headers }, signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = await response.text();
    if (!response.ok) return { ok: false, why: `${url} says ${response.status}: ${text.slice(0, 200)}` };
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { message?: string; code?: string } };
    return { ok: false, why: `${url}: ${cause?.message || cause?.code || message}` };
  }
}
