import { simulateCompare, type World } from './simulation.ts';

const RUNS = 200;
const WORLD: World = { slower: 1, tail: 0, requests: 1000, slot: 0.01, pairsMax: 40, tolerance: 0 };

/** What the judge says of worlds whose truth is known: 200 comparisons of each. */
export function simulationText(say: (text: string) => void): string {
  const worlds: readonly [string, Partial<World>][] = [
    ['A is B', {}],
    ['A is B, a noisier machine', { slot: 0.04 }],
    ['A is B, blocks of 100 requests', { requests: 100 }],
    ['B 3 % slower', { slower: 1.03 }], ['B 5 % slower', { slower: 1.05 }], ['B 10 % slower', { slower: 1.1 }],
    ['B 5 % slower, blocks of 5,000', { slower: 1.05, requests: 5000 }],
    ['2 % of B’s take five times as long', { tail: 0.02 }],
  ];
  const rows = worlds.map(([name, change]) => {
    say(`${name} …`);
    const all = Array.from({ length: RUNS }, (_, seed) => simulateCompare({ ...WORLD, ...change }, seed + 1));
    const found = all.filter(({ decision }) => decision === 'different').length;
    const pairs = all.map((one) => one.pairs).sort((a, b) => a - b)[RUNS / 2] as number;
    return [name, `${Number(((100 * found) / RUNS).toFixed(1))} %`, String(pairs)];
  });
  const head = [`${RUNS} comparisons of up to ${WORLD.pairsMax} pairs`, 'said to differ', 'pairs, median'];
  const widths = head.map((cell, at) => Math.max(...[head, ...rows].map((row) => (row[at] as string).length)));
  const lines = [head, ...rows].map((row) => row.map((cell, at) =>
    (at === 0 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number))).join('  '));
  return `${lines.join('\n')}\nLatencies follow each other (AR(1), 0.9), have stalls without a variance, and the ` +
    'machine drifts.\n';
}
