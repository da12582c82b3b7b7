import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { runLevel } from '../lab/load-levels.ts';
import { readOptions, type LoadOptions } from '../lab/load-options.ts';
import { workloadOf } from '../lab/load-workload.ts';
import { LoadProblem } from '../lab/problem.ts';
import { commit, machine } from '../machine.ts';
import { CORES } from '../process.ts';
import { blockOf, type Block } from './block.ts';
import { ownOptions, type CompareOptions } from './compare-options.ts';
import { comparePairs } from './pairs.ts';
import { comparisonPage, comparisonText, writeComparison, type Comparison } from './report.ts';
import { parseSide, prepareBuild, startBuild, type SideServer, type SideSpec } from './sides.ts';
import { simulationText } from './simulation-text.ts';

export { usage } from './compare-options.ts';

/** Exit code: 0, A and B do not differ; 1, they do; 4, it could not be told. */
export async function run(args: string[]): Promise<number> {
  if (args[0] === '--simulate') {
    process.stdout.write(simulationText((text) => console.error(text)));
    return 0;
  }
  const { words, own, rest } = ownOptions(args);
  const [a, b] = words.map(parseSide);
  if (!a || !b) throw new LoadProblem('two sides are compared: vitrine bench compare A B -m MODEL …');
  const options = readOptions(rest);
  const before = { when: new Date().toISOString(), machine: machine() };
  let interrupted = false;
  process.once('SIGINT', () => (interrupted = true));
  const sides = { A: makeSide(a, own, options), B: makeSide(b, own, options) };
  try {
    const found = await comparePairs({
      rule: { alpha: own.alpha, tolerance: own.tolerance, judged: own.judged },
      pairsMax: own.pairs,
      coin: () => randomInt(2) === 1,
      measure: (side, pair) => sides[side].block(pair),
      say: (text) => console.error(text),
      ended: () => interrupted,
    });
    const { hash, dirty } = commit();
    const comparison: Comparison = {
      ...before, ...found, a: a.name, b: b.name, command: `vitrine bench compare ${args.join(' ')}`,
      commit: `${hash}${dirty ? ' with uncommitted changes' : ''}`,
    };
    process.stdout.write(comparisonText(comparison));
    if (own.json !== undefined) writeComparison(own.json, comparison);
    if (own.html !== undefined) writeFileSync(own.html, comparisonPage(comparison));
    for (const path of [own.json, own.html]) if (path !== undefined) console.error(`written to ${path}`);
    return { 'none beyond tolerance': 0, different: 1, undecided: 4 }[found.verdict.decision];
  } finally {
    await sides.A.end();
    await sides.B.end();
  }
}

interface Side {
  block(pair: number): Promise<Block>;
  end(): Promise<void>;
}

/** A build is started anew for each block, unless it is to be kept: one process may be luckier than another. */
function makeSide(spec: SideSpec, own: CompareOptions, options: LoadOptions): Side {
  const { model } = options;
  const core = own.pin ? CORES.server : null;
  let folder: string | null = null;
  let kept: SideServer | null = null;
  const start = async (): Promise<SideServer> => {
    if (spec.kind === 'url') return { url: spec.url, cpuUs: () => NaN, stop: () => Promise.resolve() };
    folder ??= prepareBuild(spec.place, (text) => console.error(text));
    return startBuild(folder, spec.environment, { model, core });
  };
  const measured = async (server: SideServer, pair: number): Promise<Block> => {
    const asked: LoadOptions = {
      ...options, seed: (options.seed + pair) % 2 ** 32, warmUpSeconds: own.warmUp,
      ...(own.pin && options.core === undefined && CORES.load !== null && { core: CORES.load }),
      url: spec.kind === 'url' ? spec.url : options.protocol === 'ws' ? server.url.replace('http', 'ws') : server.url,
    };
    const value = (options.rates ?? options.concurrency)?.start ?? 1;
    const workload = await workloadOf(asked);
    const context = { options: asked, workload, say: (text: string) => console.error(text) };
    const fromUs = server.cpuUs();
    const seconds = own.warmUp + own.seconds;
    const { run, server: samples, measurement } = await runLevel(context, value, { seconds });
    const told = samples.filter(({ cpuSeconds }) => cpuSeconds !== undefined);
    const bySamples = (told.at(-1)?.cpuSeconds ?? NaN) - (told[0]?.cpuSeconds ?? NaN);
    const ownUs = (server.cpuUs() - fromUs) / 1e6;
    const { counts, offered } = measurement;
    if (counts.answered === 0) throw new LoadProblem(`${spec.name} answered none of ${offered} requests`);
    return blockOf(run, own.warmUp, Number.isNaN(ownUs) ? bySamples : ownUs);
  };
  return {
    block: async (pair) => {
      if (own.keep) return measured(kept ??= await start(), pair);
      const server = await start();
      try {
        return await measured(server, pair);
      } finally {
        await server.stop();
      }
    },
    end: async () => kept?.stop(),
  };
}
