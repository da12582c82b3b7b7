import { readFileSync } from 'node:fs';
import type { LoadOptions } from './load-options.ts';
import { makeInputs } from './inputs.ts';
import { httpBase, readModelInfo } from './model-info.ts';
import { kserveRequest, socketRequest } from './model-requests.ts';
import { parseHeaders, parseTarget } from './parse-target.ts';
import { LoadProblem } from './problem.ts';
import { BURSTS, type Arrivals } from './schedule.ts';
import { readTemplate, type Workload } from './template.ts';

const REQUESTS = 64; // unlike ones that are made of random inputs

/** What the options ask for: of a template, or of a model as its server describes it. */
export async function workloadOf(options: LoadOptions): Promise<Workload> {
  const headers = parseHeaders(options.headers);
  if (options.template !== undefined) return readTemplate(options.template, options.url, headers);
  const model = options.model as string;
  const asked = parseTarget(options.url, options.protocol ?? 'http', { headers, replies: { by: 'order' } });
  const socket = (options.protocol ?? asked.transport) === 'ws';
  const info = await readModelInfo(httpBase(asked), model, options.version, headers);
  const inputs = makeInputs(info, {
    data: options.inputData,
    batchSize: options.batchSize,
    shapes: options.shapes,
    stringLength: options.stringLength,
    seed: options.seed,
    count: options.inputData === 'random' || options.inputData === 'zero' ? REQUESTS : Infinity,
  });
  const shared = { names: [], batchSize: options.batchSize };
  const priority = options.priority !== undefined && { priority: options.priority };
  if (!socket) {
    const formats = { input: options.inputFormat, output: options.outputFormat };
    const timeout = options.deadlineMs !== undefined && { timeout: options.deadlineMs * 1000 };
    const requests = inputs.map((tensors) => kserveRequest(info, tensors, formats, { ...priority, ...timeout }));
    const target = { ...asked, transport: 'http' as const };
    return { ...shared, target, requests: requests.map((request) => ({ ...request, kind: 0 })) };
  }
  const { encoding, deadlineMs } = options;
  const more = { ...priority, ...(deadlineMs !== undefined && { deadlineMs }) };
  const path = asked.path === '/' ? '/ws' : asked.path;
  const target = {
    ...asked,
    url: new URL(path, asked.url.replace(/^http/, 'ws')).href,
    transport: 'ws' as const,
    path,
    subprotocol: `vitrine.v1.${encoding}`,
    replies: { by: encoding },
  };
  const requests = inputs.map((tensors) => ({ ...socketRequest(encoding, info, tensors, more), kind: 0 }));
  return { ...shared, target, requests };
}

/** When requests are due at a rate; `rate` is not asked of what brings its own times. */
export function arrivalsOf(options: LoadOptions, rate: number, seconds: number): Arrivals {
  const { distribution: law } = options;
  if (options.intervals !== undefined) {
    return { law: 'intervals', gaps: numbersOf(options.intervals).map((us) => us / 1e6) };
  }
  if (options.trace !== undefined) return { law: 'trace', times: numbersOf(options.trace), speed: options.speed };
  switch (law) {
    case 'constant':
    case 'poisson': return { law, rate };
    case 'gamma': return { law, rate, variation: options.variation };
    case 'bursty': return { law, rate, ...BURSTS, ...options.bursts };
    case 'diurnal': {
      const { daySeconds = seconds, dayProfile: profile } = options;
      return { law, rate, daySeconds, ...(profile && { profile }) };
    }
  }
}

/** A number a line: the first column of CSV will do, and so will ISO times (as seconds). */
export function numbersOf(path: string): number[] {
  const lines = readFileSync(path, 'utf8').split('\n').map((line) => line.split(/[,;\t]/)[0]?.trim() ?? '');
  const cells = lines.filter((cell) => cell !== '' && !cell.startsWith('#'));
  const valueOf = (cell: string) => (/^\d{4}-\d\d-\d\d/.test(cell) ? Date.parse(cell) / 1000 : Number(cell));
  const head = Number.isNaN(valueOf(cells[0] ?? '')) ? 1 : 0; // a line of names
  const values = cells.slice(head).map(valueOf);
  const wrong = values.findIndex(Number.isNaN);
  if (wrong >= 0) throw new LoadProblem(`${path}: '${cells[wrong + head]}' is no number and no time`);
  if (values.length === 0) throw new LoadProblem(`${path} holds no times`);
  return values;
}
