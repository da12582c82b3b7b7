import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { mutualInformation } from '../../../../models/learn/select/mutual-information.ts';
import { permutationImportance } from '../../../../models/learn/select/permutation.ts';
import { selectReport, selectText } from '../../../../models/learn/select/select-report.ts';
import { stabilitySelection } from '../../../../models/learn/select/stability.ts';
import { rocAuc } from '../../../../models/learn/metrics/ranking.ts';
import { categories, numbers, type Examples } from '../../../../models/learn/table.ts';
import { boostedTrees } from '../../../../models/learn/trees/boosting.ts';
import { Prng } from '../../../../server/core/prng.ts';

const ROWS = 2000;

/** `signal` and `kind` say something of the label, `copy` repeats the first, the others are noise. */
function made(seed: number, noise = 10): Examples {
  const prng = new Prng(seed);
  const draw = (): number => prng.uint32() / 2 ** 32;
  const signal = Array.from({ length: ROWS }, draw);
  const kind = Array.from({ length: ROWS }, () => (draw() < 0.5 ? 'a' : 'b'));
  const labels = Float64Array.from(signal, (value, row) =>
    Number(draw() < 0.1 + 0.5 * value + (kind[row] === 'a' ? 0.3 : 0)));
  const others = Array.from({ length: noise }, (_, i) =>
    numbers(`noise ${i}`, Array.from({ length: ROWS }, () => (draw() < 0.1 ? NaN : draw()))));
  const table = {
    rows: ROWS,
    columns: [
      numbers('signal', signal), categories('kind', kind), ...others, numbers('constant', signal.map(() => 3)),
    ],
  };
  return { table, labels };
}

suite('Selection of features', () => {
  test('mutual information is what a table of counts says, in bits', () => {
    const labels = Float64Array.from({ length: 4000 }, (_, row) => row % 2);
    const same = categories('same', [...labels].map(String));
    const half = categories('half', [...labels].map((label, row) => (row % 4 < 2 ? String(label) : 'c')));
    const table = { rows: 4000, columns: [same, half, numbers('constant', labels.map(() => 1))] };

    const [all, part, none] = mutualInformation({ table, labels });

    assert.ok(Math.abs((all as number) - 1) < 1e-3, String(all));
    assert.ok(Math.abs((part as number) - 0.5) < 1e-3, String(part));
    assert.equal(none, 0);
  });

  test('mutual information of noise is near 0, and missing values may tell', () => {
    const { table, labels } = made(1);
    const values = mutualInformation({ table, labels });
    assert.ok((values[0] as number) > 0.03);
    for (let i = 2; i < values.length; i++) assert.ok((values[i] as number) < 0.012, `${i}: ${values[i]}`);

    const told = numbers('told', labels.map((label) => (label === 1 ? NaN : 1)));
    const [bits] = mutualInformation({ table: { rows: ROWS, columns: [told] }, labels });
    assert.ok((bits as number) > 0.9);
  });

  test('permutation importance is what a model loses, and nothing for what it does not use', () => {
    const train = made(2);
    const fitted = boostedTrees({ trees: 40 }).fit(train, 1);
    const importance = permutationImportance(fitted, made(3), rocAuc);

    assert.ok((importance[0]?.mean ?? 0) > 0.05);
    assert.ok((importance[1]?.mean ?? 0) > 0.02);
    for (let i = 2; i < importance.length; i++) assert.ok(Math.abs(importance[i]?.mean ?? 1) < 0.02);
    assert.deepEqual(importance.at(-1), { mean: 0, deviation: 0 });
    assert.deepEqual(permutationImportance(fitted, made(3), rocAuc), importance);
  });

  test('stability selection keeps what says something, and bounds what does not', () => {
    const { shares, falseMax } = stabilitySelection(made(4, 30), { chosen: 4, samples: 40 });

    assert.ok((shares[0] as number) > 0.95 && (shares[1] as number) > 0.95);
    const stable = shares.subarray(2).filter((share) => share >= 0.75).length;
    assert.ok(stable <= falseMax, `${stable} of noise`);
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 4) < 0.2);
  });

  test('is printed as a table, the stable ones first', () => {
    const lines = selectText(selectReport(made(5), made(6), boostedTrees({ trees: 20 })), () => 'some');

    assert.match(lines[0] as string, /^feature +family +coverage +MI, bits +AUC lost +stability$/);
    assert.match(lines[1] as string, /^(signal|kind) .* 1\.00 \*$/);
    assert.match(lines.at(-1) as string, /chosen in at least 75 % of halves/);
  });
});
