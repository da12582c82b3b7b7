import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ServeError } from '../../../server/core/errors.ts';
import { Log } from '../../../server/core/log.ts';
import { Prng } from '../../../server/core/prng.ts';
import { readLines } from '../../../server/experiments/experiment-log.ts';
import { Experiments } from '../../../server/experiments/experiments.ts';
import type { Line } from '../../../server/experiments/log-lines.ts';
import { exploredSlots, offPolicy } from '../../../server/experiments/off-policy.ts';
import { parseExperiments } from '../../../server/experiments/parse-definition.ts';
import { policyNamed } from '../../../server/experiments/policies.ts';
import type { RetrievedItem } from '../../../server/storefront/retrieval/retriever.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { tempFolder } from '../../support/temp-file.ts';

const SEED = 20261123;
const ITEMS = 12;
const nameOf = (row: number): string => `item-${row}`;
/** How likely each item is clicked, wherever it stands. */
const RATES = Array.from({ length: ITEMS }, (_, row) => 0.04 + 0.03 * ((row * 7) % ITEMS));

function open(folder: string, experiments: readonly object[]): Experiments {
  const file = join(folder, 'experiments.json');
  writeFileSync(file, JSON.stringify({ experiments }));
  const store = {
    eventCount: 0, events: () => [],
    itemAt: (row: number) =>
      ({ id: nameOf(row), title: '', categories: [], inStock: true, row, declared: true, removed: false }),
  };
  return Experiments.open({ file, folder, store, clock: new FakeClock(), log: new Log('error') });
}

suite('exploration, from the answer to the estimate', () => {
  test('what the log says of policies that were never used is what they would have got', (t) => {
    t.diagnostic(`seed ${SEED}`);
    const folder = tempFolder();
    const desk = open(folder, [
      { name: 'try', kind: 'explore', explore: { every: 3, pool: 4, uniform: 0.3 } },
    ]);
    const prng = new Prng(SEED);
    const truth = { blend: 0, uniform: 0 };
    let sequence = 0;
    let slots = 0;
    for (let i = 0; i < 4000; i += 1) {
      const session = `s-${i}`;
      const rows = shuffled(prng);
      const list = rows.map((row, at): RetrievedItem => ({ row, score: 1 / (at + 1), source: 'popular' }));
      const trial = desk.begin({}, { session })!;
      const shown = trial.compose([list], 6);
      const attribution = `a-${i}${trial.tag}`;
      trial.given(attribution, shown);
      for (const { row } of shown) {
        if (prng.float() >= RATES[row]!) continue;
        const event = { type: 'item_click', session, item: nameOf(row), attribution } as const;
        desk.seen(makeEvent(event), sequence += 1);
      }
      slots += 1; // the first explored one: its pool is the third, and the next after the list's six
      truth.blend += RATES[rows[2]!]!;
      truth.uniform += [2, 6, 7, 8].reduce((sum, at) => sum + RATES[rows[at]!]! / 4, 0);
    }
    desk.close();
    const lines: Line[] = [];
    readLines(join(folder, 'try.jsonl'), (line) => lines.push(line));
    const all = exploredSlots(lines.filter((line) => line[0] !== 'x' || line[4] === 2), 'click');

    assert.equal(all.length, slots);
    for (const policy of ['blend', 'uniform'] as const) {
      const { estimates } = offPolicy(policyNamed(policy, all));
      for (const [name, { value, se }] of Object.entries(estimates!)) {
        const off = Math.abs(value - truth[policy] / slots) / se;
        assert.ok(off < 3, `${policy}, ${name}: ${value} is ${off} errors off ${truth[policy] / slots}`);
      }
    }
    const { logged, estimates } = offPolicy(policyNamed('uniform', all));
    assert.ok(logged.reward > estimates!.dr.high, 'Thompson sampling got more than an even choice would have');
  });

  test('whatever experiments.json holds, it is taken or refused, and never ends the server', () => {
    const name = fc.constantFrom('a', 'b', 'A B', '', 'x'.repeat(40));
    const odd = fc.oneof(fc.constant(undefined), fc.constant(null), fc.string(), fc.double(), fc.boolean());
    const arm = fc.record({ name, weight: fc.oneof(fc.constant(1), odd), override: fc.oneof(fc.constant({}), odd) },
      { requiredKeys: [] });
    const one = fc.record({
      name, kind: fc.oneof(fc.constantFrom('ab', 'interleave', 'explore'), odd), arms: fc.array(arm, { maxLength: 4 }),
      share: fc.oneof(fc.array(fc.double({ min: -1, max: 2 }), { maxLength: 3 }), odd),
      layer: fc.constantFrom('l', 'm'),
      start: fc.oneof(fc.constant('2026-11-24T00:00:00Z'), odd), metric: odd, alpha: odd, explore: odd,
    }, { requiredKeys: ['name'] });
    fc.assert(fc.property(fc.oneof(odd, fc.record({ experiments: fc.array(one, { maxLength: 3 }) })), (value) => {
      try {
        for (const { arms } of parseExperiments(JSON.parse(JSON.stringify(value ?? null)))) assert.ok(arms.length > 0);
      } catch (error) {
        assert.ok(error instanceof ServeError, String(error));
      }
    }), { numRuns: 2000, seed: SEED });
  });
});

function shuffled(prng: Prng): number[] {
  const rows = Array.from({ length: ITEMS }, (_, row) => row);
  for (let i = ITEMS - 1; i > 0; i -= 1) {
    const other = prng.below(i + 1);
    [rows[i], rows[other]] = [rows[other]!, rows[i]!];
  }
  return rows;
}
