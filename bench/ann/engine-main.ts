/** `node engine-main.js NAME`: an engine that Node can load, under the commands of `protocol.ts`. */
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Engine, MakeEngine } from './engine.ts';
import { hnswlib } from './engines/hnswlib.ts';
import { usearch } from './engines/usearch.ts';
import { vitrine } from './engines/vitrine.ts';
import { readFloats, readIds, readRows, writeParts } from './files.ts';
import { live } from './live.ts';
import type { Built, Command, Opening, Setting, Timed } from './protocol.ts';

const ENGINES: Readonly<Record<string, MakeEngine>> = {
  'vitrine-graph': vitrine('graph'),
  'vitrine-bf16': vitrine('graph', 'bf16'),
  'vitrine-exact': vitrine('exact'),
  hnswlib,
  'usearch-f32': usearch('f32'),
  'usearch-bf16': usearch('bf16'),
};

interface Open {
  readonly engine: Engine;
  readonly of: Omit<Opening, 'do'>;
}

const make = ENGINES[process.argv[2] ?? ''] as MakeEngine;
let open: Open | null = null;
let next = 0; // the query that `time` goes on with

for await (const line of createInterface({ input: process.stdin })) {
  let reply: object;
  try {
    reply = obey(JSON.parse(line) as Command);
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
}

function obey(command: Command): object {
  if (command.do === 'build') return build(command);
  if (command.do === 'open') {
    open = { engine: make(command, readFloats(command.queries)), of: command };
    open.engine.open(command.index);
    return {};
  }
  if (!open) throw new Error('no index is open');
  const { engine, of } = open;
  switch (command.do) {
    case 'answer':
      return answer(open, command);
    case 'time':
      return time(open, command.setting, command.batch, command.leastMs);
    case 'filter':
      if (!engine.filter) throw new Error('this engine has no filters');
      engine.filter(command.bitmap === null ? null : new Uint8Array(readFileSync(command.bitmap)));
      return {};
    case 'remove': {
      const ids = readIds(command.ids);
      return timed(ids.length, () => engine.remove?.(ids));
    }
    case 'refine':
      return timed(command.count, () => engine.refine?.(command.count));
    case 'live':
      return live(engine, of, readIds(command.ids), command.beam);
    case 'add': {
      const ids = readIds(command.ids);
      const vectors = new Float32Array(ids.length * of.dim);
      ids.forEach((id, i) => vectors.set(readRows(of.base, of.dim, id, id + 1), i * of.dim));
      return timed(ids.length, () => engine.add?.(ids, vectors));
    }
  }
}

function build(of: Omit<Opening, 'do'>): Built {
  const engine = make(of, new Float32Array(0));
  const vectors = readFloats(of.base);
  const { cpuS, wallS } = timed(of.count, () => engine.build(vectors));
  engine.save(of.index);
  return { cpuS, wallS, bytes: engine.bytes() ?? statSync(of.index).size };
}

function answer({ engine, of }: Open, command: Command & { do: 'answer' }): object {
  engine.spend(command.setting);
  const ids = new Uint32Array(command.count * of.k);
  for (let at = 0; at < command.count; at += command.batch) {
    const count = Math.min(command.batch, command.count - at);
    engine.search(at, count, ids.subarray(at * of.k, (at + count) * of.k));
  }
  writeParts(command.into, [ids]);
  return {};
}

function time({ engine, of }: Open, setting: Setting, batch: number, leastMs: number): Timed {
  engine.spend(setting);
  const ids = new Uint32Array(batch * of.k);
  let items = 0;
  const { cpuS, wallS } = timed(0, () => {
    const endMs = performance.now() + leastMs;
    do {
      if (next + batch > of.queryCount) next = 0;
      engine.search(next, batch, ids);
      next += batch;
      items += batch;
    } while (performance.now() < endMs);
  });
  return { items, cpuS, wallS };
}

function timed(items: number, work: () => void): Timed {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  work();
  const wallS = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { items, wallS, cpuS: (user + system) / 1e6 };
}
