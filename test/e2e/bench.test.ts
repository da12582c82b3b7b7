import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Measured } from '../../bench/bench.ts';
import { bench as ann } from '../../bench/ann.bench.ts';
import { bench as batch } from '../../bench/batch.bench.ts';
import { bench as etude } from '../../bench/etude.bench.ts';
import { bench as session } from '../../bench/session.bench.ts';
import { bench as files } from '../../bench/import.bench.ts';
import { bench as insight } from '../../bench/insight.bench.ts';
import { bench as peers } from '../../bench/peers.bench.ts';
import { bench as wire } from '../../bench/wire.bench.ts';

const SMOKE = { size: 'smoke', say: () => {} } as const;

suite('The benches run', () => {
  // Of `insight` what needs no load generator: `customer-insight.test.ts` asks a server.
  const only: Readonly<Record<string, readonly string[]>> = { insight: ['scored'] };
  for (const [name, bench] of Object.entries({ ann, batch, import: files, insight, peers, wire })) {
    test(`${name}: every side measures something, over the same inputs each time`, async () => {
      const options = { ...SMOKE, ...(only[name] && { only: only[name] }) };
      const first = await bench.run(options);
      const second = await bench.run(options);

      assertMeasured(first);
      assert.equal(first.inputs, second.inputs);
    });
  }

  for (const [name, bench] of Object.entries({ session, etude })) {
    test(`${name}: visitors are answered at a small rate, all of them`, async () => {
      const { rows, notes } = await bench.run(SMOKE);

      assertMeasured({ rows: rows.filter(({ metric }) => metric !== 'rate'), notes, inputs: '' });
      assert.deepEqual(notes.filter((note) => /were not/.test(note)), []);
    });
  }

  test('ann: the graph finds nearly all that the exact index finds', async () => {
    const { rows } = await ann.run(SMOKE);

    const recalls = rows.filter((row) => row.metric.startsWith('recall'));
    assert.ok(recalls.length > 1);
    for (const { impl, value } of recalls) assert.ok(value >= 0.9, `${impl} ${value}`);
  });
});

// A thousand vectors may all have come before the first search begins.
const MAY_BE_NONE = new Set(['searches meanwhile', 'longest of them']);

function assertMeasured({ rows: all }: Measured): void {
  const rows = all.filter(({ metric }) => !MAY_BE_NONE.has(metric));
  assert.ok(rows.length >= 3);
  for (const row of rows) {
    assert.ok(row.value > 0 && Number.isFinite(row.value), JSON.stringify(row));
  }
}
