import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { run } from '../../models/explain/explain-command.ts';
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
