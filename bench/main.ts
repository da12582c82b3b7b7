/** `npm run bench -- NAME [--quick] [--only CHOICE,…] [--json FILE]`, `-- --quick`, `-- history` */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';
import { commit, machine, ROOT, versions } from './machine.ts';
import { history, HISTORY_USAGE } from './history/history.ts';
import { quickSuite } from './quick-suite.ts';
import { resultText, writeResult, type Result } from './report.ts';

/** Every bench, loaded when it is asked for: they need unlike packages. */
const BENCHES: Readonly<Record<string, { about: string; load(): Promise<{ bench: Bench }> }>> = {
  serve: {
    about: 'the server beside ws + JSON and fastify + JSON, over loopback sockets',
    load: () => import('./serve.bench.ts'),
  },
  peers: {
    about: 'the server beside fastify, Express, FastAPI, Ray Serve and any KServe v2 server',
    load: () => import('./peers.bench.ts'),
  },
  plan: {
    about: 'the capacity planner: what it says of one curve, and what a server then carries',
    load: () => import('./plan.bench.ts'),
  },
  http: {
    about: 'KServe v2 with binary tensors beside a bare uWebSockets.js handler',
    load: () => import('./http.bench.ts'),
  },
  fronts: {
    about: 'one front-end thread and two, on all cores, with sockets of both',
    load: () => import('./fronts.bench.ts'),
  },
  wire: {
    about: 'a request between socket and model: decode, route, batch, encode',
    load: () => import('./wire.bench.ts'),
  },
  batch: {
    about: 'a request from lane to answer: inline, pooled, and a run each',
    load: () => import('./batch.bench.ts'),
  },
  overload: {
    about: 'more than a server can do: what is answered in time, how late the rest is told',
    load: () => import('./overload.bench.ts'),
  },
  swap: {
    about: 'a model replaced under load: what callers wait, what memory it leaves',
    load: () => import('./swap.bench.ts'),
  },
  import: {
    about: 'events of a file into the store: CSV, JSON lines, Parquet',
    load: () => import('./import.bench.ts'),
  },
  insight: {
    about: 'what is told of customers, 2,000 times a second; a whole base scored',
    load: () => import('./insight.bench.ts'),
  },
  session: {
    about: 'recommend over WebSocket with state, filters and events; neighbours alone; freshness',
    load: () => import('./session.bench.ts'),
  },
  etude: {
    about: 'a session encoder over growing catalogues, at rising rates: ETUDE\'s scenarios',
    load: () => import('./etude.bench.ts'),
  },
  ann: {
    about: 'the vector index beside hnswlib-node, usearch and FAISS, at matched recall',
    load: () => import('./ann.bench.ts'),
  },
  filter: {
    about: 'a filter over a million items, from its expression to its bitmap',
    load: () => import('./filter.bench.ts'),
  },
};

const USAGE = [
  'npm run bench -- NAME [--quick] [--only CHOICE,…] [--json FILE]',
  'npm run bench -- --quick                 a part of each, in less than five minutes; one table',
  `${HISTORY_USAGE}     figures over commits`,
  ...Object.entries(BENCHES).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`),
  '  --quick  ends within 60 s; written to bench/results/NAME-quick.json',
  '  --only   some sets, engines or parts; written to bench/results/NAME-part.json',
  '  --json   where the result goes instead of bench/results/NAME.json',
].join('\n');

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** Returns the exit code: 2 for a wrong call. */
async function main(args: string[]): Promise<number> {
  if (args[0] === 'history') return history(args.slice(1));
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
    },
  });
  if (positionals.length === 0 && values.quick && values.only === '') return quickSuite(values.json);
  const name = positionals[0] ?? '';
  const entry = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (!entry || positionals.length > 1) {
    console.error(USAGE);
    return 2;
  }
  const { bench } = await entry.load();
  const only = values.only.split(',').filter(Boolean);
  const unknown = only.filter((choice) => !bench.choices?.includes(choice));
  if (unknown.length > 0) {
    console.error(`${name} has no choice '${unknown[0]}'; it has: ${bench.choices?.join(', ') ?? 'none'}`);
    return 2;
  }
  const before = { when: new Date().toISOString(), machine: machine() };
  const { quick } = values;
  const say = (progress: string) => console.error(`${name}: ${progress} …`);
  const { pictures = {}, versions: others, ...measured } = await bench.run({
    size: quick ? 'quick' : 'full',
    only,
    say,
  });
  const result: Result = {
    bench: name,
    ...before,
    quick,
    commit: commit(),
    versions: { ...versions(bench.packages), ...others },
    ...measured,
  };
  const variant = `${only.length > 0 ? '-part' : ''}${quick ? '-quick' : ''}`;
  const path = values.json ?? join(ROOT, `bench/results/${name}${variant}.json`);
  writeResult(path, result);
  for (const [ending, text] of Object.entries(pictures)) {
    writeFileSync(`${path.replace(/\.json$/, '')}.${ending}`, text);
  }
  console.log(`${resultText(result)}\nwritten to ${path}`);
  return 0;
}
