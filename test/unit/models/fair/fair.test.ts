import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { reportFairness } from '../../../../models/fair/fair-report.ts';
import { learnScores, run } from '../../../../models/fair/fairness-command.ts';
import { groupRows, OTHERS } from '../../../../models/fair/groups.ts';
import { disparities, groupRates } from '../../../../models/fair/metrics.ts';
import { reweigh } from '../../../../models/fair/reweigh.ts';
import { CONSTRAINTS, decide, fairThresholds } from '../../../../models/fair/thresholds.ts';
import { linear } from '../../../../models/learn/linear/linear.ts';
import { numbers } from '../../../../models/learn/table.ts';
import { readCsv } from '../../../../server/store/import/csv.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { temporaryFolder } from '../../../support/model-repository.ts';
import { realData } from '../../../support/real-data.ts';

suite('Differences between groups', () => {
  test('are what fairlearn’s definitions give', () => {
    const { sets } = JSON.parse(readFileSync('test/unit/models/fair/vectors/fair.json', 'utf8')) as {
      sets: { groups: number[]; outcomes: number[]; decisions: number[]; demographicParity: number;
        equalisedOdds: number; equalOpportunity: number }[];
    };
    for (const { groups, outcomes, decisions, ...want } of sets) {
      const got = disparities(groupRates(decisions, outcomes, groups, Math.max(...groups) + 1));
      for (const name of Object.keys(want) as (keyof typeof want)[]) {
        assert.ok(Math.abs(got[name] - want[name]) < 1e-9, name);
      }
    }
  });

  test('come with what chance would show: groups treated alike are not accused', () => {
    const fair = world(1, 3000, 0);
    const unfair = world(1, 3000, 1.2);

    const [alike, unlike] = [fair, unfair].map((each) =>
      reportFairness(each, { threshold: 0.5, seed: 1, rounds: 60 }).disparities.demographicParity);

    assert.ok(!alike!.beyondChance && alike!.value < 0.08);
    assert.ok(unlike!.beyondChance && unlike!.low > 0.1);
    assert.ok(unlike!.low <= unlike!.value && unlike!.value <= unlike!.high);
  });

  test('small groups are merged, and a note says which', () => {
    const texts = [...Array(300).fill('UK'), ...Array(120).fill('France'), ...Array(9).fill('Malta'), '', 'Peru'];

    const { names, sizes, notes, of } = groupRows(texts, { rowsMin: 100 });

    assert.deepEqual(names, ['UK', 'France', OTHERS]);
    assert.deepEqual(sizes, [300, 120, 11]);
    assert.equal(of[texts.length - 1], 2);
    assert.match(notes[0]!, /^3 groups of less than 100 rows are merged/);
    assert.match(notes[0]!, /11 rows: Malta \(9\), Peru \(1\), not known \(1\)$/);
    assert.match(notes[1]!, /still less than 100/);
  });
});

suite('Mending', () => {
  test('reweighing makes the outcome independent of the group', () => {
    const { groups, outcomes } = world(2, 1000, 1);

    const weights = reweigh(groups.of, outcomes, 3);

    const rate = (group: number): number => {
      let [ones, all] = [0, 0];
      weights.forEach((weight, row) => {
        if (groups.of[row] !== group) return;
        all += weight;
        ones += weight * outcomes[row]!;
      });
      return ones / all;
    };
    assert.ok(Math.abs(rate(0) - rate(1)) < 1e-12 && Math.abs(rate(1) - rate(2)) < 1e-12);
    assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) / 1000 - 1) < 1e-12);
  });

  for (const constraint of CONSTRAINTS) {
    test(`thresholds by group give ${constraint.replaceAll('_', ' ')}, and the most accuracy that it allows`, () => {
      const { scores, outcomes, groups } = world(3, 6000, 1.5);
      const rules = fairThresholds(scores, outcomes, groups.of, 3, constraint);

      // Each customer by many coins: what the rules do on average.
      const prng = new Prng(9);
      const many = { outcomes: [] as number[], groups: [] as number[], decisions: [] as number[] };
      scores.forEach((score, row) => {
        for (let i = 0; i < 20; i += 1) {
          many.outcomes.push(outcomes[row]!);
          many.groups.push(groups.of[row]!);
          many.decisions.push(decide(rules[groups.of[row]!]!, score, prng.float()));
        }
      });
      const rates = groupRates(many.decisions, many.outcomes, many.groups, 3);
      const after = disparities(rates);
      const name = ({
        demographic_parity: 'demographicParity', equal_opportunity: 'equalOpportunity', equalised_odds: 'equalisedOdds',
      } as const)[constraint];
      assert.ok(after[name] < 0.015, JSON.stringify(after));

      const right = (rates: ReturnType<typeof groupRates>): number =>
        rates.reduce((sum, group) => sum + group.accuracy * group.rows, 0) / many.outcomes.length;
      const plain = groupRates(Array.from(scores, (score) => Number(score >= 0.5)), outcomes, groups.of, 3);
      const free = plain.reduce((sum, group) => sum + group.accuracy * group.rows, 0) / outcomes.length;
      assert.ok(right(rates) > bestPlain(scores, outcomes, groups.of, constraint) - 0.01);
      assert.ok(right(rates) > free - 0.15, `${right(rates)} of ${free}`);
    });
  }

  test('reweighing and thresholds lower the difference on rows that they did not see, and say the price', () => {
    const { table, labels, scored } = learnable(5, 4000);
    const { plain, reweighed } = learnScores({ table, labels }, scored.groups, linear(), 1);

    const report = reportFairness(
      { ...scored, scores: plain }, { threshold: 0.5, seed: 1, rounds: 40 }, new Map([['reweighing', reweighed]]));

    const before = report.disparities.demographicParity.value;
    const [weighed, parity, opportunity, odds] = report.mended;
    assert.ok(before > 0.25, `${before}`);
    assert.ok(weighed!.name === 'reweighing' && weighed!.demographicParity < 0.75 * before);
    assert.ok(parity!.demographicParity < 0.06, JSON.stringify(parity));
    assert.ok(opportunity!.equalOpportunity < 0.08 && odds!.equalisedOdds < 0.09, JSON.stringify(odds));
    assert.ok(report.mended.every(({ accuracy }) => accuracy > 0.55 && accuracy <= report.accuracy + 0.02));
  });
});

suite('vitrine fairness', () => {
  test('learns, reports and writes the same as JSON', async () => {
    const folder = temporaryFolder();
    const { table, labels, scored } = learnable(6, 1500);
    const file = join(folder, 'people.csv');
    writeFileSync(file, ['region,bought,visits,spend', ...Array.from(labels, (label, row) => [
      scored.groups.names[scored.groups.of[row]!], label, ...table.columns.map(({ values }) => values[row]),
    ].join())].join('\n'));
    const json = join(folder, 'fair.json');

    const { code, said } = await quietly(() => run([
      file, '--group', 'region', '--outcome', 'bought', '--json', json]));

    assert.equal(code, 0, said);
    assert.match(said, /NOT treated alike/);
    const report = JSON.parse(readFileSync(json, 'utf8')) as { groups: unknown[]; mended: { name: string }[] };
    assert.equal(report.groups.length, 3);
    assert.equal(report.mended[0]!.name, 'reweighing');
    const wrong = await quietly(() => run([file, '--group', 'county', '--outcome', 'bought']));
    assert.ok(wrong.code === 1 && /no column 'county'/.test(wrong.said));

    const odds = readFileSync(file, 'utf8').trim().split('\n').map((line, i) => `${line},${i === 0 ? 'said' : i / 10}`);
    writeFileSync(file, odds.join('\n'));
    const told = await quietly(() => run([file, '--group', 'region', '--outcome', 'bought', '--score', 'said']));
    assert.ok(told.code === 1 && /--score said: row 11 is 1.1, and no probability/.test(told.said), told.said);
  });

  test('says what is missing of a wrong call, and why groups cannot be compared', async () => {
    const file = join(temporaryFolder(), 'few.csv');
    writeFileSync(file, 'who,town,bought,pages\na,x,Yes,1\nb,x,No,2\nc,x,No,3\n');
    const cases: [string[], number, RegExp][] = [
      [[file], 2, /^--group and --outcome are needed/],
      [[file, '--group', 'who', '--outcome', 'bought', '--threshold', 'x'], 2, /^--threshold 'x' is no number/],
      [[file, '--group', 'who', '--outcome', 'bought'], 1, /fewer than two of 3 groups .* 100 rows \(--rows-min\)/],
      [[file, '--group', 'town', '--outcome', 'bought'], 1, /town is the same in every row/],
      [[file, '--group', 'who', '--outcome', 'pages'], 1, /pages, row 2: expected 1 or 0, or yes or no, got '2'/],
    ];
    for (const [args, wanted, why] of cases) {
      const { code, said } = await quietly(() => run(args));
      assert.equal(code, wanted, said);
      assert.match(said, why);
    }
  });
});

const retail = realData('online_retail/online_retail.csv.gz');
suite('Countries of Online Retail', { skip: retail.skip }, () => {
  test('of which only a few are large enough: the others are merged, and nobody is accused by chance', async () => {
    const { texts, table, labels } = await retailCustomers(retail.path);
    const groups = groupRows(texts, { rowsMin: 50, outcomesMin: 10, outcomes: labels });

    assert.equal(groups.names[0], 'United Kingdom');
    assert.equal(groups.names.at(-1), OTHERS);
    assert.match(groups.notes[0]!, /\d\d groups .* are merged/);
    const { plain, reweighed } = learnScores({ table, labels }, groups, linear({ transform: 'log' }), 1);
    const report = reportFairness(
      { scores: plain, outcomes: labels, groups }, { threshold: 0.5, seed: 1, rounds: 60 },
      new Map([['reweighing', reweighed]]));
    const { demographicParity } = report.disparities;
    assert.ok(!demographicParity.beyondChance, JSON.stringify(demographicParity));
    for (const { auc } of report.groups) assert.ok(auc > 0.6, `${auc}`);
  });
});

/** Customers of the file's first part, and whether they buy in its last 90 days. */
async function retailCustomers(path: string) {
  const customers = new Map<string, { country: string; days: Set<number>; money: number; later: boolean }>();
  const end = Date.UTC(2011, 11, 10);
  const cut = end - 90 * 86_400_000;
  for await (const line of readCsv(path)) {
    const fields = line();
    const id = fields.raw('CustomerID');
    const quantity = Number(fields.raw('Quantity'));
    if (id === '' || !(quantity > 0)) continue;
    const ms = Date.parse(`${fields.raw('InvoiceDate')}Z`);
    const known = customers.get(id) ??
      { country: fields.raw('Country'), days: new Set<number>(), money: 0, later: false };
    if (ms >= cut) known.later = true;
    else {
      known.days.add(Math.floor(ms / 86_400_000));
      known.money += quantity * Number(fields.raw('UnitPrice'));
    }
    customers.set(id, known);
  }
  const list = [...customers.values()].filter(({ days }) => days.size > 0);
  const last = cut / 86_400_000;
  return {
    texts: list.map(({ country }) => country),
    labels: Float64Array.from(list, ({ later }) => Number(later)),
    table: {
      rows: list.length,
      columns: [
        numbers('days bought', list.map(({ days }) => days.size)),
        numbers('recency', list.map(({ days }) => last - Math.max(...days))),
        numbers('money', list.map(({ money }) => money)),
      ],
    },
  };
}

/** Three groups, of which the last is scored `bias` lower than it deserves, in log-odds. */
function world(seed: number, rows: number, bias: number) {
  const prng = new Prng(seed);
  const texts: string[] = [];
  const outcomes = new Float64Array(rows);
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const group = prng.below(3);
    texts.push(['a', 'b', 'c'][group]!);
    const deserves = 1.5 * prng.normal();
    outcomes[row] = prng.float() < sigmoid(deserves) ? 1 : 0;
    scores[row] = sigmoid(deserves + 0.5 * prng.normal() - (group === 2 ? bias : 0));
  }
  return { scores, outcomes, groups: groupRows(texts, { rowsMin: 1 }) };
}

/** Columns that tell of the group as well as of the outcome, which comes to one group less often. */
function learnable(seed: number, rows: number) {
  const prng = new Prng(seed);
  const texts: string[] = [];
  const labels = new Float64Array(rows);
  const visits = new Float64Array(rows);
  const spend = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const group = prng.below(3);
    texts.push(['north', 'south', 'east'][group]!);
    const will = prng.normal() - (group === 2 ? 0.8 : 0);
    labels[row] = prng.float() < sigmoid(2 * will) ? 1 : 0;
    visits[row] = will + 0.6 * prng.normal();
    spend[row] = (group === 2 ? -1 : 1) + prng.normal(); // stands for the group
  }
  const groups = groupRows(texts, { rowsMin: 1 });
  const table = { rows, columns: [numbers('visits', visits), numbers('spend', spend)] };
  return { table, labels, scored: { groups, outcomes: labels } };
}

/** The best accuracy of one threshold a group, tried out, that keeps the groups within .01. */
function bestPlain(
  scores: Float64Array, outcomes: Float64Array, groups: Uint32Array, constraint: string,
): number {
  const tried = Array.from({ length: 21 }, (_, i) => i / 20);
  const cells = tried.map((threshold) =>
    groupRates(Array.from(scores, (score) => Number(score >= threshold)), outcomes, groups, 3));
  let best = 0;
  for (const a of cells) for (const b of cells) for (const c of cells) {
    const rates = [a[0]!, b[1]!, c[2]!];
    const gap = disparities(rates);
    const value = constraint === 'demographic_parity' ? gap.demographicParity
      : constraint === 'equal_opportunity' ? gap.equalOpportunity : gap.equalisedOdds;
    if (value > 0.01) continue;
    const right = rates.reduce((sum, group) => sum + group.accuracy * group.rows, 0) / outcomes.length;
    best = Math.max(best, right);
  }
  return best;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

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
