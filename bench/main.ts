/** `npm run bench -- NAME [--quick] [--json FILE]` */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';
import { commit, machine, ROOT, versions } from './machine.ts';
import { resultText, writeResult, type Result } from './report.ts';

/** Every bench, loaded when it is asked for: they need unlike packages. */
const BENCHES: Readonly<Record<string, { about: string; load(): Promise<{ bench: Bench }> }>> = {
  serve: {
    about: 'the server beside ws + JSON and fastify + JSON, over loopback sockets',
    load: () => import('./serve.bench.ts'),
  },
  wire: {
    about: 'a request between socket and model: decode, route, batch, encode',
    load: () => import('./wire.bench.ts'),
  },
  batch: {
    about: 'a request from lane to answer: inline, pooled, and a run each',
    load: () => import('./batch.bench.ts'),
  },
  ann: {
    about: 'the vector index, exact and as a graph: recall beside queries a second',
    load: () => import('./ann.bench.ts'),
  },
};

const USAGE = [
  'npm run bench -- NAME [--quick] [--json FILE]',
  ...Object.entries(BENCHES).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`),
  '  --quick  ends within 60 s; written to bench/results/NAME-quick.json',
  '  --json   where the result goes instead of bench/results/NAME.json',
].join('\n');

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 2 for a wrong call. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
  });
  const name = positionals[0] ?? '';
  const entry = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (!entry || positionals.length > 1) {
    console.error(USAGE);
    return 2;
  }
  const { bench } = await entry.load();
  const before = { when: new Date().toISOString(), machine: machine() };
  const { quick } = values;
  const say = (progress: string) => console.error(`${name}: ${progress} …`);
  const measured = await bench.run({ size: quick ? 'quick' : 'full', say });
  const result: Result = {
    bench: name,
    ...before,
    quick,
    commit: commit(),
    versions: versions(bench.packages),
    ...measured,
  };
  const path = values.json ?? join(ROOT, `bench/results/${name}${quick ? '-quick' : ''}.json`);
  writeResult(path, result);
  console.log(`${resultText(result)}\nwritten to ${path}`);
  return 0;
}
