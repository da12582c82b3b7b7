/**
 * One front-end thread beside two, over the same network. Servers and generator share all cores,
 * for two threads have no use for one: the rate is what the machine does in all, and the
 * generator's own CPU time stands beside the server's.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mlpOnnx } from '../models/recipes/onnx/mlp.ts';
import { seededMlp } from '../models/recipes/dense.ts';
import type { Bench, BenchOptions, Measured } from './bench.ts';
import { interleave, spread } from './harness.ts';
import { runLoad, type LoadPlan, type LoadReport } from './load.ts';
import { CORES, type ServerProcess } from './process.ts';
import { withRatios, type Row } from './report.ts';
import { writeModel } from './repository.ts';
import { digest, type Encoding, kserveHead, makeCases, requestFile } from './requests.ts';
import { startVitrine } from './sides.ts';

const MODEL = seededMlp(7, [32, 256, 128, 1], 'sigmoid');
const CASES = makeCases(MODEL, 64, 11);
const BASE = 'one front end';

const SIZES = {
  full: { warm: 0.5, seconds: 3, turns: 5 },
  quick: { warm: 0.2, seconds: 1, turns: 3 },
  smoke: { warm: 0.05, seconds: 0.1, turns: 1 },
} as const;

const WS = {
  transport: 'ws', wire: 'msgpack', path: '/ws', subprotocol: 'vitrine.v1.msgpack',
} as const;
const HTTP = { transport: 'http', wire: 'kserve', path: `/v2/models/${MODEL.name}/infer` } as const;

interface Sample {
  readonly report: LoadReport;
  readonly cpuUs: number; // of the server, a reply
  readonly cores: number; // that the server had in use
}

export const bench: Bench = {
  packages: ['uWebSockets.js', 'onnxruntime-node'],
  async run(options) {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'));
    const servers: ServerProcess[] = [];
    try {
      writeModel(MODEL, join(folder, 'models'), MODEL.name, 'inline');
      const anywhere = null;
      for (const count of ['1', '2']) {
        const settings = { VITRINE_FRONT_ENDS: count, VITRINE_DATA: join(folder, `data-${count}`) };
        servers.push(await startVitrine(folder, MODEL.name, settings, anywhere));
      }
      return await measure(servers, folder, options);
    } finally {
      for (const server of servers) await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(
  [one, two]: ServerProcess[], folder: string, options: BenchOptions,
): Promise<Measured> {
  const { warm, seconds, turns } = SIZES[options.size];
  const inputs: Uint8Array[] = [mlpOnnx(MODEL)];
  const file = (encoding: Encoding): string => {
    const bytes = requestFile(MODEL, CASES, encoding);
    inputs.push(bytes);
    writeFileSync(join(folder, encoding), bytes);
    return join(folder, encoding);
  };
  const [messages, bodies] = [file('msgpack'), file('kserve-binary')];
  const rows: Row[] = [];
  const notes = new Set<string>();

  const drive = async (server: ServerProcess, how: Partial<LoadPlan>): Promise<Sample> => {
    const beforeUs = server.cpuUs();
    const plan = { port: server.port, loop: 'closed', connections: 64, warm, seconds, ...how };
    const report = await runLoad(plan as LoadPlan, null);
    const usedUs = server.cpuUs() - beforeUs;
    const { failures, sheds, unanswered, wrong, broken } = report;
    const bad = failures + sheds + unanswered + wrong + broken;
    if (bad > 0) notes.add(`${bad} requests were not answered, or wrong`);
    const cores = usedUs / ((warm + seconds) * 1e6);
    return { report, cpuUs: usedUs / report.replies_total, cores };
  };

  const compare = async (name: string, how: Partial<LoadPlan>): Promise<void> => {
    options.say(name);
    const sides = [[BASE, one], ['two front ends', two]] as [string, ServerProcess][];
    const samples = await interleave(
      sides.map(([side, server]) => ({ name: side, run: () => drive(server, how) })), turns);
    const measured = [...samples].flatMap(([impl, list]) => METRICS.map(({ metric, unit, of }): Row => {
      const { median, low, high } = spread(list.map(of));
      return { case: name, impl, metric, value: median, unit, low, high };
    }));
    rows.push(...withRatios(measured, BASE));
  };

  const ws = { ...WS, requests: messages };
  // compiled
  for (const server of [one, two]) await drive(server as ServerProcess, { ...ws, depth: 4 });
  notes.clear();
  await compare('WebSocket, 64 connections, depth 16', { ...ws, depth: 16 });
  await compare('WebSocket, 64 connections, depth 1', { ...ws, depth: 1 });
  const header = `Inference-Header-Content-Length: ${kserveHead(MODEL).length}`;
  const http = { ...HTTP, requests: bodies, depth: 1, header };
  await compare('HTTP, binary tensors, 64 connections', http);
  if (CORES.load === null) notes.add('fewer than two cores: two threads have nothing to gain here');
  return { inputs: digest(inputs), rows, notes: [...notes] };
}

const METRICS: readonly { metric: string; unit: string; of(sample: Sample): number }[] = [
  { metric: 'answers', unit: '1/s', of: ({ report }) => report.answered_per_s },
  { metric: 'CPU', unit: 'us/request', of: ({ cpuUs }) => cpuUs },
  { metric: 'cores in use', unit: 'cores', of: ({ cores }) => cores },
  { metric: 'CPU of the generator', unit: 'us/request', of: ({ report }) => report.own_cpu_us },
  { metric: 'p50', unit: 'us', of: ({ report }) => report.from_due_us.p50 },
  { metric: 'p99', unit: 'us', of: ({ report }) => report.from_due_us.p99 },
];
