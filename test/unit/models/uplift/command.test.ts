import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { simulateTrial } from '../../../../models/uplift/simulation.ts';
import { yesNoOf } from '../../../../models/uplift/read-table.ts';
import { run } from '../../../../models/uplift/uplift-command.ts';
import { temporaryFolder } from '../../../support/model-repository.ts';

const folder = temporaryFolder();
const file = join(folder, 'trial.csv');
const trial = simulateTrial({ rows: 3000, seed: 5 });
const { columns } = trial.table;
const cells = (row: number): (string | number)[] => columns.map(({ categories, values }) =>
  (categories ? categories[values[row]!]! : values[row]!));
writeFileSync(file, [
  ['id', 'arm', 'bought', 'margin', ...columns.map(({ name }) => name)].join(),
  ...Array.from({ length: 3000 }, (_, row) => [
    `c${row}`, trial.treated[row] ? 'coupon' : 'none', trial.outcomes[row], trial.values[row],
    ...cells(row),
  ].join()),
].join('\n'));

const asked = ['--treatment', 'arm', '--treated', 'coupon', '--control', 'none', '--outcome', 'bought'];

suite('vitrine uplift', () => {
  test('writes whom to send the coupon, when, and what it brings, the largest gain first', async () => {
    const out = join(folder, 'list.csv');

    const { code, said } = await quietly(() => run([
      file, ...asked, '--value', 'margin', '--moment', 'moment', '--id', 'id', '--cost', '1', '--out', out,
      '--data', folder,
    ]));

    assert.equal(code, 0, said);
    const [head, ...lines] = readFileSync(out, 'utf8').trim().split('\n');
    assert.equal(head, 'rank,customer,moment,uplift,value,gain,send');
    assert.equal(lines.length, 3000);
    const gains = lines.map((line) => Number(line.split(',')[5]));
    gains.forEach((gain, at) => assert.ok(at === 0 || gain <= gains[at - 1]!));
    const top = lines.slice(0, 500).map((line) => trial.kinds[Number(line.split(',')[1]!.slice(1))]);
    const share = (kind: string): number => top.filter((each) => each === kind).length / 500;
    assert.ok(share('persuadable') > 0.4 && share('sleeping dog') < 0.12, JSON.stringify(top));
    assert.match(said, /Ranking by purchase probability (is|loses) /);
    assert.match(said, /as of a draw by lot/);
    assert.match(said, /wrote .*models.uplift.1: /);
    assert.ok(existsSync(join(folder, 'models/uplift/1/model.onnx')));
  });

  test('refuses what was not drawn by lot, and says what gives it away', async () => {
    const { code, said } = await quietly(() => run([
      file, '--treatment', 'quiet', '--outcome', 'bought', '--ignore', 'arm', '--out', join(folder, 'no.csv'),
    ]));

    assert.equal(code, 1);
    assert.match(said, /AUC \d\.\d+, and .* is the most that a draw by lot gives/);
    assert.ok(!existsSync(join(folder, 'no.csv')));
  });

  test('names the column or arm that is not there', async () => {
    const wrong = await quietly(() => run([file, '--treatment', 'coupon', '--outcome', 'bought']));
    const arm = await quietly(() => run([file, '--treatment', 'arm', '--outcome', 'bought']));

    assert.ok(wrong.code === 1 && /no column 'coupon', only id, arm/.test(wrong.said), wrong.said);
    assert.ok(arm.code === 1 && /no row is '1' or '0' \(--treated, --control\); there are/.test(arm.said), arm.said);
    const slip = await quietly(() => run([
      file, '--treatment', 'arm', '--treated', 'cupon', '--control', 'none', '--outcome', 'bought']));
    assert.ok(slip.code === 1 && /no row is 'cupon' \(/.test(slip.said), slip.said);
  });

  test('says what is missing of a wrong call, and looks where the list goes before it learns', async () => {
    const bare = await quietly(() => run([file]));
    const out = join(file, 'list.csv');

    assert.ok(bare.code === 2 && bare.said.startsWith('--treatment and --outcome are needed'), bare.said);
    await assert.rejects(run([file, ...asked, '--out', out]), { code: 'ENOTDIR' });
  });

  test('an outcome may be yes and no', async () => {
    const text = { rows: 4, columns: new Map([['y', ['Yes', 'no', '1', '0.0']], ['z', ['1', 'x']]]) };

    assert.deepEqual([...yesNoOf(text, 'y')], [1, 0, 1, 0]);
    assert.throws(() => yesNoOf(text, 'z'), /z, row 2: expected 1 or 0, or yes or no, got 'x'/);
  });
});

const hillstrom = process.env.VITRINE_HILLSTROM ?? '';
const skip = existsSync(hillstrom)
  ? false
  : 'no Hillstrom e-mail data: name its CSV in VITRINE_HILLSTROM';

suite('Hillstrom’s e-mail trial', { skip }, () => {
  test('women’s e-mail, visits: Qini at least .05, and far above purchase probability', async () => {
    const { code, said } = await quietly(() => run([
      hillstrom, '--treatment', 'segment', '--treated', 'Womens E-Mail', '--control', 'No E-Mail',
      '--outcome', 'visit', '--ignore', 'conversion,spend', '--out', join(folder, 'hillstrom.csv'),
    ]));

    assert.equal(code, 0, said);
    const qinis = [...said.matchAll(/(T-learner|S-learner|class tr).* (-?\d\.\d{3}) +-?\d+\.\d %/g)]
      .map((match) => Number(match[2]));
    assert.ok(Math.max(...qinis) >= 0.05, said);
  });
});

async function quietly(work: () => Promise<number>): Promise<{ code: number; said: string }> {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (line: string) => void lines.push(line);
  try {
    return { code: await work(), said: lines.join('\n') };
  } finally {
    Object.assign(console, { log, error });
  }
}
