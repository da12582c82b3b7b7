import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { cellValue, run } from '../../models/explain/explain-command.ts';
import { nameOnly } from '../../server/explain/describe.ts';
import { Prng } from '../../server/core/prng.ts';
import { INTENT_FEATURES } from '../../server/storefront/intent-features.ts';
import { temporaryFolder } from '../support/model-repository.ts';

suite('vitrine explain', () => {
  test('draws what matters to the shipped intent model, and keeps each row’s reasons', async () => {
    const folder = temporaryFolder();
    const prng = new Prng(3);
    const rows = Array.from({ length: 20 }, () => INTENT_FEATURES.map((name) =>
      (/^(last_is|cart_open|checkout|bought|from|known)/.test(name) ? prng.below(2) : Math.abs(prng.normal()))));
    const file = join(folder, 'rows.csv');
    writeFileSync(file, [INTENT_FEATURES.join(), ...rows.map((row) => row.join())].join('\n'));
    const out = join(folder, 'out');
    const lines: string[] = [];
    const { log } = console;
    console.log = (line: string) => void lines.push(line);
    try {
      assert.equal(await run(['intent', file, '--repository', 'models/repository', '--out', out]), 0);
    } finally {
      console.log = log;
    }

    const names = readdirSync(out);
    for (const name of ['importance.svg', 'decisions.svg', 'first-row.svg', 'reasons.jsonl']) {
      assert.ok(names.includes(name), name);
    }
    assert.equal(names.filter((name) => name.startsWith('dependence-')).length, 6);
    const reasons = readFileSync(join(out, 'reasons.jsonl'), 'utf8').trim().split('\n')
      .map((line) => JSON.parse(line) as { method: string; residual: number; row: number });
    assert.equal(reasons.length, 20);
    for (const { method, residual } of reasons) {
      assert.equal(method, 'integrated_gradients');
      assert.ok(Math.abs(residual) < 1e-5);
    }
    assert.match(lines[0]!, /^20 answers of intent explained by integrated_gradients; they add up within \d/);
  });

  test('a name in the file is the category that the model learned, and a text is no number', () => {
    const month = { ...nameOnly('Month'), format: 'category' as const, categories: ['Feb', '7', 'May'] };
    assert.deepEqual(['May', '7', 'Jan', ''].map((cell) => cellValue(month, cell, 0)), [2, 1, NaN, NaN]);
    assert.equal(cellValue(nameOnly('pages'), '7', 0), 7);
    assert.throws(() => cellValue(nameOnly('pages'), 'many', 4), /pages, row 5: 'many' is no number/);
  });

  test('what it is told wrongly, it says above how it is used', async (t) => {
    const said: string[] = [];
    t.mock.method(console, 'error', (line: string) => { said.push(line); });
    for (const args of [[], ['intent', 'x.csv', '--language', 'fr'], ['intent', 'x.csv', '--rows', '0']]) {
      assert.equal(await run(args), 2);
    }
    assert.match(said.join('\n'), /which MODEL[^]*--language fr: expected en or zh[^]*--rows 0: expected/);
  });

  test('says which column the file lacks', async () => {
    const file = join(temporaryFolder(), 'rows.csv');
    writeFileSync(file, 'log_events\n1\n');

    const { error } = console;
    let said = '';
    console.error = (line: string) => void (said += line);
    try {
      const asked = ['intent', file, '--repository', 'models/repository', '--out', temporaryFolder()];
      assert.equal(await run(asked), 1);
    } finally {
      console.error = error;
    }
    assert.match(said, /no column 'log_item_views', only log_events/);
  });
});
