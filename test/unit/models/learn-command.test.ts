import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { run } from '../../../models/recipes/learn-command.ts';
import { readTable } from '../../../models/recipes/table/read-table.ts';
import { Prng } from '../../../server/core/prng.ts';
import { temporaryFolder } from '../../support/model-repository.ts';

const ROWS = 600;

/** Visits of a shop as a CSV file; the label follows how near to 15 pages it was, and the country. */
function visits(noise: number): string {
  const prng = new Prng(3);
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const pages = prng.below(30);
    const country = prng.pick(['DE', 'FR', 'JP', '']);
    const z = 3 - Math.abs(pages - 15) / 2 + (country === 'JP' ? 4 : country === 'DE' ? -4 : 0) + noise * prng.normal();
    const seconds = prng.below(10) === 0 ? '' : `${prng.below(900)}`;
    const day = `2026-0${1 + Math.floor(row / 100)}-1${row % 7}`;
    return [`u${row}`, pages, country, seconds, prng.below(4), day, z > 0 ? 'Yes' : 'No'].join(',');
  });
  return `${['id,pages,country,seconds,channel,day,bought', ...lines].join('\n')}\n`;
}

/** What the command printed, and its exit code. */
async function learn(
  t: TestContext, args: string[],
): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  for (const stream of ['log', 'error'] as const) {
    t.mock.method(console, stream, (line: string) => { said.push(line); });
  }
  return { code: await run(args), said: said.join('\n') };
}

suite('vitrine learn', () => {
  test('learns from a gzipped CSV and writes model, card and what explains it', async (t) => {
    const folder = temporaryFolder();
    const file = join(folder, 'visits.csv.gz');
    writeFileSync(file, gzipSync(visits(1.5)));

    const { code, said } = await learn(t, [
      file, '--label', 'bought', '--drop', 'id,day', '--categories', 'channel', '--data', folder,
      '--explainable', '--costs', '1,3',
    ]);

    assert.equal(code, 0, said);
    assert.match(said, /promoted: surely better than every baseline|not promoted/);
    const at = join(folder, 'models/bought');
    const card = JSON.parse(readFileSync(join(at, 'card.json'), 'utf8'));
    assert.deepEqual(card.features, ['pages', 'country', 'seconds', 'channel']);
    assert.deepEqual(card.categories, { country: ['DE', 'FR', 'JP'], channel: ['0', '1', '2', '3'] });
    assert.match(card.data.sha256, /^[0-9a-f]{64}$/);
    assert.match(card.data.commit, /^([0-9a-f]{12}\+?|unknown)$/);
    assert.equal(card.scores.threshold, 0.25);
    assert.ok(existsSync(join(folder, 'models/session-encoder/card.json')), 'shipped models are served on');
    assert.ok(!readdirSync(folder).some((name) => name.includes('.part-')));
    assert.ok(card.scores.auc > 0.85 && card.scores.cost < card.scores.costNever);
    assert.ok(Object.keys(card.baselines).length >= 3);
    assert.ok(readFileSync(join(at, '1/model.onnx')).length > 1000);
    assert.match(readFileSync(join(folder, 'models/bought-why/config.json'), 'utf8'), /tree_shap/);
  });

  test('the same seed and file give the same model file', async (t) => {
    const folder = temporaryFolder();
    const file = join(folder, 'visits.csv');
    writeFileSync(file, visits(1.5));
    const args = [file, '--label', 'bought', '--drop', 'id,day', '--data', folder, '--seed', '7'];

    await learn(t, args);
    await learn(t, args);

    const [first, second] = ['1', '2'].map((version) =>
      readFileSync(join(folder, 'models/bought', version, 'model.onnx')));
    assert.deepEqual(first, second);
  });

  test('a model that beats nothing is not written: exit code 3', async (t) => {
    const folder = temporaryFolder();
    const file = join(folder, 'visits.csv');
    writeFileSync(file, visits(200));

    const { code, said } = await learn(t, [
      file, '--label', 'bought', '--drop', 'id,day', '--data', folder]);

    assert.equal(code, 3);
    assert.match(said, /not promoted: AUC/);
    assert.throws(() => readFileSync(join(folder, 'models/bought/card.json')));
  });

  test('with dates, later rows never teach', async (t) => {
    const folder = temporaryFolder();
    const file = join(folder, 'visits.csv');
    writeFileSync(file, visits(1.5));
    const dated = [file, '--label', 'bought', '--drop', 'id', '--data', folder, '--time', 'day'];

    const chained = await learn(t, dated);
    const cut = await learn(t, [...dated, '--from', '2026-05-10']);

    assert.match(chained.said, /split forward in time/);
    assert.match(cut.said, /split by day: rows before 2026-05-10 teach/);
  });

  test('it is recalibrated on the newest rows, and moved to their share of yes among rows to come', async (t) => {
    const folder = temporaryFolder();
    const [file, toCome] = [join(folder, 'visits.csv'), join(folder, 'to-come.csv')];
    writeFileSync(file, visits(1.5));
    writeFileSync(toCome, visits(1.5).split('\n').map((line) => line.replace(/,[^,]*$/, '')).join('\n'));
    const args = [file, '--label', 'bought', '--drop', 'id', '--data', folder, '--time', 'day',
      '--from', '2026-05-10', '--recent', '.4'];

    const { code, said } = await learn(t, [...args, '--rows-to-come', toCome]);

    assert.equal(code, 0, said);
    for (const how of ['as learned', 'newest 40 % of those that teach', 'moved to their share of yes',
      'expectation and maximisation']) {
      assert.match(said, new RegExp(`${how}.*: [0-9.]+ % yes said, [0-9.]+ % happened, ECE `));
    }
    assert.match(said, /chosen .*, recalibrated on the newest \d+ rows, moved to [0-9.]+ % yes/);
    const card = JSON.parse(readFileSync(join(folder, 'models/bought/card.json'), 'utf8'));
    assert.match(card.notes.join(), /moved to their share of yes/);

    writeFileSync(toCome, 'pages,country\n1,DE\n');
    const lacking = await learn(t, [...args, '--rows-to-come', toCome]);
    assert.equal(lacking.code, 1);
    assert.match(lacking.said, /to-come\.csv has no column 'seconds'/);
  });

  test('class weights and samplers are learned with and said beside what they did', async (t) => {
    const folder = temporaryFolder();
    const file = join(folder, 'visits.csv');
    writeFileSync(file, visits(1.5));
    const args = [file, '--label', 'bought', '--drop', 'id,day', '--data', folder];

    for (const [told, name] of [
      [['--class-weights', '2'], 'class weights 2 : 1'], [['--sampler', 'smote'], 'SMOTE to 1 : 1'],
    ] as const) {
      const { code, said } = await learn(t, [...args, ...told]);

      assert.equal(code, 0, said);
      assert.match(said, new RegExp(`look at ${name}.* (does not lift AUC|ranks worse|hurts)`));
      assert.match(said, new RegExp(`chosen .*${name}`));
    }
    const wrong = await learn(t, [...args, '--sampler', 'luck']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.said, /sampler 'luck' is none of weights, over, under, smote/);
  });

  test('settings of the trees are searched within the rows that teach, and the search goes on', async (t) => {
    const folder = temporaryFolder();
    const file = join(folder, 'visits.csv');
    const journal = join(folder, 'search.jsonl');
    writeFileSync(file, visits(1.5));
    const args = [file, '--label', 'bought', '--drop', 'id,day', '--data', folder, '--explainable',
      '--search', 'tpe:3', '--journal', journal];

    const { code, said } = await learn(t, args);
    const trials = [...said.matchAll(/trial 1 of 3: .*trees \d+, rate/g)].length;
    writeFileSync(journal, readFileSync(journal, 'utf8').split('\n').slice(0, 2).join('\n') + '\n{"po');
    const again = await learn(t, args);

    assert.equal(code, 0, said);
    assert.equal(trials, 6); // five folds, each for itself, and all rows
    const chosen = (text: string) => /chosen (.*)/.exec(text)?.[1];
    assert.ok(chosen(said));
    assert.equal(chosen(again.said), chosen(said));
    assert.equal(readFileSync(journal, 'utf8').trimEnd().split('\n').length, 4);
    assert.ok(readFileSync(`${journal}.fold-5`, 'utf8').length > 100);
    assert.match((await learn(t, [...args, '--search', 'luck'])).said, /none of tpe, random, grid/);
  });

  test('a leak ends it with the reason, unless it is allowed', async (t) => {
    const folder = temporaryFolder();
    const file = join(folder, 'visits.csv');
    const leaky = visits(1.5).trimEnd().split('\n').map((line, row) =>
      `${line},${row === 0 ? 'invoice' : line.endsWith('Yes') ? row : 0}`);
    writeFileSync(file, leaky.join('\n'));

    const { code, said } = await learn(t, [
      file, '--label', 'bought', '--drop', 'id,day', '--data', folder]);

    assert.equal(code, 1);
    assert.match(said, /invoice/);
  });

  test('what it cannot read or is told wrongly, it says', async (t) => {
    const folder = temporaryFolder();
    const file = join(folder, 'visits.csv');
    writeFileSync(file, visits(1));

    const cases: [string[], number, RegExp][] = [
      [[], 2, /one FILE\.csv/],
      [[file], 2, /--label/],
      [[file, '--label', 'bought', '--costs', '1,0'], 2, /--costs/],
      [[file, '--label', 'bought', '--from', 'x'], 2, /about --time/],
      [[file, '--label', 'bought', '--recent', '.2'], 2, /--recent needs --time/],
      [[file, '--label', 'bought', '--time', 'day', '--recent', '20'], 2, /no share of the rows/],
      [[file, '--label', 'bought', '--time', 'day', '--rows-to-come', file], 2, /about --recent/],
      [[file, '--label', 'bought', '--time', 'day', '--drop', 'id', '--from', '2026-05-10',
        '--data', '/tmp', '--recent', '.001', '--explainable'], 2, /--explainable has no curve/],
      [[file, '--label', 'bought', '--name', 'churn'], 2, /--name 'churn' is of a model that the shop asks/],
      [[file, '--label', 'sold'], 1, /no column 'sold'; it has id, pages/],
      [[file, '--label', 'country'], 1, /row \d+ has no 'country'/],
      [[file, '--label', 'bought', '--yes', 'maybe'], 1, /says 'No', 'Yes'|says 'Yes', 'No'/],
      [[file, '--label', 'channel'], 1, /says '1', .* which is a yes\? --yes TEXT/],
      [[file, '--label', 'bought', '--before', 'page'], 1, /no column 'page'; it has id, pages/],
      [[file, '--label', 'bought', '--allow', 'dominent'], 2, /none of after-outcome, .*dominant/],
      [[file, '--label', 'bought', '--drop', 'id', '--data', join(file, 'x')], 1, /a file, not a folder/],
      [[file, '--label', 'bought', '--time', 'country'], 1, /no date/],
      [['/nowhere.csv', '--label', 'x'], 1, /there is no file/],
    ];
    for (const [args, wanted, why] of cases) {
      const { code, said } = await learn(t, args);
      assert.equal(code, wanted, said);
      assert.match(said, why);
    }
  });

  test('a row without an outcome, two columns of a name, and what is no gzip, are told', async (t) => {
    const folder = temporaryFolder();
    const cases: [string, string, RegExp][] = [
      ['gap.csv', 'a,y\n1,yes\n2,\n', /row 2 has no 'y'/],
      ['same.csv', 'a,y\n1,yes\n2,Yes\n', /'y' is 'yes' in every row: both/],
      ['twice.csv', 'a,a,y\n1,2,yes\n2,3,no\n', /twice\.csv has two columns 'a'/],
      ['plain.csv.gz', 'a,y\n1,yes\n', /not gzip, as its name says/],
    ];
    for (const [name, text, why] of cases) {
      writeFileSync(join(folder, name), text);
      const { code, said } = await learn(t, [join(folder, name), '--label', 'y', '--data', folder]);
      assert.equal(code, 1, said);
      assert.match(said, why);
    }
  });

  test('a yes that is named makes all else a no; 1.0 and 0.0 are 1 and 0', async () => {
    const file = join(temporaryFolder(), 'three.csv');
    writeFileSync(file, 'a,y,z\n1,left,1.0\n2,paused,0.0\n3,stays,0.0\n');
    const read = async (label: string, yes?: string): Promise<number[]> => {
      const { examples } = await readTable({
        path: file, label, categories: [], drop: [], ...(yes !== undefined && { yes }) });
      return [...examples.labels];
    };
    assert.deepEqual(await read('y', 'left'), [1, 0, 0]);
    assert.deepEqual(await read('z'), [1, 0, 0]);
  });

  test('cells are numbers, names or missing, as the file has them', async () => {
    const file = join(temporaryFolder(), 'few.csv');
    writeFileSync(file, 'a,b,c,y\n1, x ,5,TRUE\n,y,7,FALSE\n-2.5,,5,FALSE\n');

    const { examples } = await readTable({ path: file, label: 'y', categories: ['c'], drop: [] });

    const [a, b, c] = examples.table.columns;
    assert.deepEqual([...a!.values], [1, NaN, -2.5]);
    assert.deepEqual([b!.categories, [...b!.values]], [['x', 'y'], [0, 1, NaN]]);
    assert.deepEqual([c!.categories, [...c!.values]], [['5', '7'], [0, 1, 0]]);
    assert.deepEqual([...examples.labels], [1, 0, 0]);
  });
});
