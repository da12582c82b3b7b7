import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { purchaseLog, type PurchaseLog } from '../../../../models/customers/purchases.ts';
import { cohorts } from '../../../../models/report/cohorts.ts';
import { facts } from '../../../../models/report/facts.ts';
import { reportPage } from '../../../../models/report/page.ts';
import { shifts } from '../../../../models/report/shifts.ts';
import { repurchase } from '../../../../models/report/repurchase.ts';
import { run } from '../../../../models/report/report-command.ts';
import { Prng } from '../../../../server/core/prng.ts';

const DAY_0 = Math.floor(Date.UTC(2025, 0, 1) / 86_400_000);

type Bought = readonly [customer: string, day: number, amount?: number];
const logOf = (rows: readonly Bought[], lastDay?: number): PurchaseLog => purchaseLog('log',
  rows.map(([customer, day, amount = 10]) => ({ customer, day: DAY_0 + day, amount, units: 1, kinds: 1 })),
  lastDay === undefined ? undefined : DAY_0 + lastDay);

/** Customers who come as often as they please and leave when they please. */
function shop(customers: number, days: number, seed = 1): PurchaseLog {
  const prng = new Prng(seed);
  const rows: Bought[] = [];
  for (let one = 0; one < customers; one += 1) {
    const gap = 5 + 60 * prng.float();
    let day = Math.floor(prng.float() * days * 0.8);
    while (day < days) {
      rows.push([`person-${one}`, day, 5 + 30 * prng.float()]);
      if (prng.float() < 0.15) break;
      day += 1 + Math.floor(-gap * Math.log(1 - prng.float()));
    }
  }
  return logOf(rows, days);
}

suite('cohorts', () => {
  test('a customer is active once a month, from the month of their first purchase on', () => {
    const log = logOf([['a', 0], ['a', 3], ['a', 32], ['b', 5], ['c', 33], ['c', 60]], 75);
    assert.deepEqual(cohorts(log), [
      { month: '2025-01', customers: 2, active: [2, 1, 0], lastIsPart: true },
      { month: '2025-02', customers: 1, active: [1, 1], lastIsPart: true },
      { month: '2025-03', customers: 0, active: [0], lastIsPart: true },
    ]);
    assert.equal(cohorts(logOf([['a', 0]], 30))[0]?.lastIsPart, false); // January is over
  });
});

suite('days to the next purchase', () => {
  /** Kaplan-Meier as it is written: over the distinct times of purchases. */
  function plain(gaps: readonly { days: number; bought: boolean }[], until: number): number[] {
    return Array.from({ length: until + 1 }, (_, day) => {
      let silent = 1;
      for (let at = 0; at <= day; at += 1) {
        const waiting = gaps.filter(({ days }) => days >= at).length;
        const bought = gaps.filter((gap) => gap.bought && gap.days === at).length;
        if (waiting > 0) silent *= 1 - bought / waiting;
      }
      return 1 - silent;
    });
  }

  test('are Kaplan and Meier\'s, whoever is lost from sight when', () => {
    const bought = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(40));
    const rows = fc.array(bought, { minLength: 1, maxLength: 30 });
    fc.assert(fc.property(rows, (all) => {
      const log = logOf(all, 41);
      const gaps = log.customers.flatMap(({ days }) => Array.from(days, (day, at) => {
        const next = days[at + 1];
        return { days: (next ?? log.lastDay) - day, bought: next !== undefined };
      }));
      const { again } = repurchase(log, () => true, 20);
      plain(gaps, 20).forEach((share, day) => assert.ok(Math.abs(share - again[day]!) < 1e-12));
    }));
  });

  test('the median is where half have bought again, or none', () => {
    const all = logOf([['a', 0], ['a', 4], ['b', 0], ['b', 9], ['c', 0], ['c', 20]], 60);
    assert.equal(repurchase(all, (at) => at === 1, 50).medianDays, 9);
    assert.equal(repurchase(logOf([['a', 0], ['b', 1]], 60), () => true, 50).medianDays, null);
  });
});

suite('a report', () => {
  const log = shop(600, 300);
  const found = facts(log, []);

  test('its groups hold every customer and all revenue once', () => {
    const sum = (of: 'customers' | 'revenue'): number =>
      found.groups.reduce((total, group) => total + group[of], 0);
    assert.equal(sum('customers'), log.customers.length);
    assert.ok(Math.abs(sum('revenue') - found.revenue) < 1e-6);
    for (const { atRisk, expected, chance } of found.groups) {
      assert.ok(atRisk >= 0 && expected >= 0 && chance >= 0 && chance <= 1);
    }
  });

  test('looks back without what came later, and says how good it was', () => {
    const { backtest } = found;
    assert.equal(backtest?.landmark, log.lastDay - 90);
    assert.ok(backtest!.auc > 0.6 && backtest!.auc > backtest!.recencyAuc - 0.05);
    const cut: PurchaseLog = { ...log, lastDay: log.lastDay - 90, customers: log.customers.map((one) => ({
      ...one, days: one.days.filter((day) => day <= log.lastDay - 90) })).filter(({ days }) => days.length > 0) };
    assert.equal(backtest?.customers, cut.customers.length);
  });

  test('prices as before have not changed; tripled, they have', () => {
    assert.equal(found.shifts!.find(({ name }) => name === 'amount')?.level, 'stable');
    const dearer = shifts({ ...log, customers: log.customers.map((one) => ({
      ...one, amounts: one.amounts.map((amount, at) =>
        (one.days[at]! > log.lastDay - 90 ? 3 * amount : amount)) })) }, 90);
    assert.equal(dearer!.find(({ name }) => name === 'amount')?.level, 'shifted');
  });

  test('loads nothing, names nobody, and is said in both languages', () => {
    const card = { name: 'm<odel>', what: 'A & B', trainedOn: 'x', madeAt: '2026-01-01T00:00:00Z',
      scores: { auc: 0.8 }, baselines: { rule: { auc: 0.7 } } };
    for (const language of ['en', 'zh'] as const) {
      const page = reportPage({ ...found, models: [card] }, language, 'now');
      assert.doesNotMatch(page.replaceAll('http://www.w3.org/2000/svg', ''), /https?:|<script|<link|@import|url\(/);
      assert.doesNotMatch(page, /person-\d/);
      assert.doesNotMatch(page, /NaN|undefined|Infinity/);
      assert.match(page, /m&lt;odel&gt;/);
      for (const tag of ['section', 'table', 'svg', 'p', 'div']) {
        const opened = page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length;
        assert.equal(opened, page.match(new RegExp(`</${tag}>`, 'g'))?.length, tag);
      }
    }
  });

  test('has the segments that are learned, whose sizes are all customers, now and before', () => {
    const { rows, drift } = found.segments;
    const sum = (of: (row: (typeof rows)[number]) => number): number =>
      rows.reduce((total, row) => total + of(row), 0);

    assert.ok(rows.length >= 2 && drift >= 0);
    assert.equal(sum(({ customers }) => customers), found.customers);
    assert.ok(Math.abs(sum(({ share }) => share) - 1) < 1e-9);
    assert.ok(Math.abs(sum(({ before }) => before) - 1) < 1e-9);
    for (const language of ['en', 'zh'] as const) {
      const page = reportPage(found, language, 'now');
      for (const { name } of rows) assert.ok(page.includes(name[language]), name[language]);
    }
  });

  test('of a short log says what it cannot know; of too few customers it is none', () => {
    const page = reportPage(facts(shop(150, 20), []), 'en', 'now');
    assert.doesNotMatch(page, /NaN|undefined/);
    assert.throws(() => facts(shop(20, 100), []), /a report needs 100/);
  });
});

suite('vitrine report', () => {
  test('says what is wrong of a call above how it is used', async (t) => {
    const said: string[] = [];
    t.mock.method(console, 'error', (line: string) => { said.push(line); });
    const log = ['--log', 'cdnow', 'log.csv'];
    for (const wrong of [['--log', 'cdnow'], [...log, '--language', 'fr'], [...log, '--time-zone', 'Mars/X']]) {
      assert.equal(await run(wrong), 2);
    }
    assert.match(said.join('\n'),
      /^--log goes with one file[^]*--language fr: expected en or zh[^]*--time-zone Mars\/X: expected an IANA name/);
  });
});
