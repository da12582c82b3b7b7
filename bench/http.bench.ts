/**
 * KServe v2 over HTTP with tensors in binary, beside a bare uWebSockets.js handler that reads the
 * same body and sends as many bytes back without looking at any: what the protocol, the batcher and
 * the model cost on top of HTTP itself. JSON and fastify stand beside them.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededMlp } from '../models/recipes/dense.ts';
import { mlpOnnx } from '../models/recipes/onnx/mlp.ts';
import type { Bench, BenchOptions, Measured } from './bench.ts';
import { interleave, spread } from './harness.ts';
import { runLoad, type LoadReport } from './load.ts';
import { ROOT } from './machine.ts';
import { CORES, startServer, type ServerProcess } from './process.ts';
import { withRatios, type Row } from './report.ts';
import { writeModel } from './repository.ts';
import { digest, kserveHead, makeCases, requestFile, type Encoding } from './requests.ts';
import { startVitrine } from './sides.ts';

const MODEL = seededMlp(7, [32, 256, 128, 1], 'sigmoid');
const CASES = makeCases(MODEL, 64, 11);
const BASE = 'bare uWebSockets.js handler';
const CONNECTIONS = 64;
const SIZES = {
  full: { warm: 0.5, seconds: 3, turns: 7 },
  quick: { warm: 0.2, seconds: 0.8, turns: 5 },
  smoke: { warm: 0.05, seconds: 0.1, turns: 1 },
} as const;

interface Side {
  readonly name: string;
  readonly encoding: Encoding;
  readonly server: ServerProcess;
  readonly path: string;
  readonly checked: boolean; // its answers are some
}

interface Sample {
  readonly report: LoadReport;
  readonly cpuUs: number; // of the server, a reply
}

export const bench: Bench = {
  packages: ['uWebSockets.js', 'fastify', 'onnxruntime-node'],
  async run(options) {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'));
    const servers: ServerProcess[] = [];
    try {
      const file = writeModel(MODEL, join(folder, 'models'));
      const vitrine = await startVitrine(folder, MODEL.name);
      servers.push(vitrine);
      const path = `/v2/models/${MODEL.name}/infer`;
      const { bytes, head } = await answerSize(vitrine, path);
      const bare = await startServer(
        [join(ROOT, 'dist/bench/peers/uws-bare.js'), `${bytes}`, `${head}`],
      );
      servers.push(bare);
      const fastify = await startServer([join(ROOT, 'dist/bench/peers/fastify-json.js'), file]);
      servers.push(fastify);
      return await measure([
        { name: BASE, encoding: 'kserve-binary', server: bare, path, checked: false },
        { name: 'Vitrine, binary tensors', encoding: 'kserve-binary', server: vitrine, path, checked: true },
        { name: 'Vitrine, JSON', encoding: 'kserve', server: vitrine, path, checked: true },
        { name: 'fastify + JSON', encoding: 'peer', server: fastify, path: '/predict', checked: true },
      ], folder, options);
    } finally {
      for (const server of servers) await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(
  sides: readonly Side[], folder: string, options: BenchOptions,
): Promise<Measured> {
  const { warm, seconds, turns } = SIZES[options.size];
  const notes = new Set<string>();
  const inputs: Uint8Array[] = [mlpOnnx(MODEL)];
  const files = new Map<Encoding, string>();
  for (const encoding of new Set(sides.map((side) => side.encoding))) {
    const bytes = requestFile(MODEL, CASES, encoding);
    files.set(encoding, join(folder, `${encoding}.requests`));
    writeFileSync(files.get(encoding) as string, bytes);
    inputs.push(bytes);
  }
  const drive = async (side: Side): Promise<Sample> => {
    const binary = side.encoding === 'kserve-binary';
    const head = kserveHead(MODEL).length;
    const beforeUs = side.server.cpuUs();
    const report = await runLoad({
      port: side.server.port, transport: 'http', wire: binary ? 'kserve' : 'json', path: side.path,
      ...(binary ? { header: `Inference-Header-Content-Length: ${head}` } : {}),
      requests: files.get(side.encoding) as string, loop: 'closed', depth: 1,
      connections: CONNECTIONS, warm, seconds, 'check-every': side.checked ? 16 : 1_000_000,
    }, CORES.load);
    const failed = report.failures + report.sheds + report.unanswered + report.broken;
    if (failed > 0) notes.add(`${side.name}: ${failed} requests failed`);
    if (side.checked && report.wrong > 0) notes.add(`${side.name}: ${report.wrong} wrong answers`);
    return { report, cpuUs: (side.server.cpuUs() - beforeUs) / report.replies_total };
  };
  for (const side of sides) await drive(side); // compiled
  notes.clear();
  const name = `closed loop, ${CONNECTIONS} connections, one request of 32 floats at a time`;
  options.say(name);
  const samples = await interleave(
    sides.map((side) => ({ name: side.name, run: () => drive(side) })), turns,
  );
  const rows = [...samples].flatMap(([impl, list]) => METRICS.map(({ metric, unit, of }): Row => {
    const { median, low, high } = spread(list.map(of));
    return { case: name, impl, metric, value: median, unit, low, high };
  }));
  notes.add(
    'the bare handler runs no model and checks nothing; CPU is of the server, kernel included',
  );
  return { inputs: digest(inputs), rows: withRatios(rows, BASE), notes: [...notes] };
}

const METRICS: readonly { metric: string; unit: string; of(sample: Sample): number }[] = [
  { metric: 'answers', unit: '1/s', of: ({ report }) => report.answered_per_s },
  { metric: 'answers a second of CPU', unit: '1/s', of: ({ cpuUs }) => 1e6 / cpuUs },
  { metric: 'CPU', unit: 'us/request', of: ({ cpuUs }) => cpuUs },
  { metric: 'p50', unit: 'us', of: ({ report }) => report.from_due_us.p50 },
  { metric: 'p99', unit: 'us', of: ({ report }) => report.from_due_us.p99 },
  { metric: 'generator busy', unit: 'share', of: ({ report }) => report.busy },
];

/** How large an answer is, and the JSON before its tensor. */
async function answerSize(
  { port }: ServerProcess, path: string,
): Promise<{ bytes: number; head: number }> {
  const head = kserveHead(MODEL);
  const body = Buffer.concat([head, Buffer.alloc(4 * 32)]);
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST', body, headers: { 'inference-header-content-length': String(head.length) },
  });
  if (!answer.ok) throw new Error(await answer.text());
  const { byteLength } = await answer.arrayBuffer();
  return { bytes: byteLength, head: Number(answer.headers.get('inference-header-content-length')) };
}
