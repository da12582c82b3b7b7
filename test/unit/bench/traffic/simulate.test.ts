import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { messageOf, type Action } from '../../../../bench/traffic/action.ts';
import { ASSUMED } from '../../../../bench/traffic/assumed.ts';
import { compared } from '../../../../bench/traffic/compare.ts';
import { fitLaws } from '../../../../bench/traffic/fit.ts';
import { trafficPlan } from '../../../../bench/traffic/plan.ts';
import { type Profile, readProfile, whatIsWrong } from '../../../../bench/traffic/profile.ts';
import { replay } from '../../../../bench/traffic/replay.ts';
import { SCENARIOS, scenarioProfile, scenarioTraffic } from '../../../../bench/traffic/scenarios.ts';
import { Seen } from '../../../../bench/traffic/seen.ts';
import { simulateTraffic, simulateVisits } from '../../../../bench/traffic/simulate.ts';
import { PROFILES, profileNamed } from '../../../../bench/traffic/source.ts';
import { RobotWatch } from '../../../../server/storefront/robot-watch.ts';
import { decodeEvent } from '../../../../server/wire/decode-event.ts';
import { decodeMsgpack } from '../../../../server/wire/msgpack.ts';
import { writeFileSync } from 'node:fs';
import { tempFile } from '../../../support/temp-file.ts';

const MONDAY_MS = Date.UTC(2026, 0, 5);
const OPTIONS = { seed: 5, startMs: MONDAY_MS, seconds: 6 * 3600, visitsPerDay: 20_000 };
const PEOPLE: Profile = { ...ASSUMED, bots: { crawlers: 0, scrapers: 0 }, promotions: { items: 0, share: 0 } };

suite('Simulated visitors', () => {
  test('are the same for the same seed, and others for another', () => {
    const first = (seed: number): Action[] => [...simulateTraffic(ASSUMED, { ...OPTIONS, seconds: 900, seed })];
    assert.deepEqual(first(5), first(5));
    assert.notDeepEqual(first(5), first(6));
    assert.ok(first(5).length > 100);
  });

  test('ask in order of time; a page asks after the event of its item, and ids come once', () => {
    let before = 0;
    const viewed = new Map<string, string>();
    const ids = new Set<string>();
    for (const { atMs, ask, session } of simulateTraffic(ASSUMED, { ...OPTIONS, before: 0 })) {
      assert.ok(atMs >= before);
      before = atMs;
      if (ask.op === 'event') {
        assert.ok(!ids.has(ask.event.id));
        ids.add(ask.event.id);
        if (ask.event.type === 'item_view') viewed.set(session, ask.event.items[0]!.item);
      } else if (ask.op === 'recommend' && ask.placement === 'product') assert.equal(ask.item,
        viewed.get(session));
      else if (ask.op === 'similar') assert.equal(ask.item, viewed.get(session));
    }
    assert.ok(ids.size > 5000);
  });

  test('show the laws that they were made by', () => {
    const profile: Profile = {
      ...PEOPLE, popularity: { from: 1, to: 500, exponent: 1, shift: 5, cutoff: 1000 },
      steps: { ...ASSUMED.steps, reach: 0.02 }, returns: { ...ASSUMED.returns, comes: 0 },
    };
    const seen = new Seen();
    const days = { ...OPTIONS, seconds: 7 * 86_400, visitsPerDay: 3000, before: 0 };
    for (const visit of simulateVisits(profile, days)) seen.add(visit.seen);
    const laws = fitLaws(seen, false);
    const close = (found: number | undefined, true_: number, by: number): void =>
      assert.ok(Math.abs((found as number) - true_) < by, `${found} is not ${true_}`);
    close(laws.steps?.again, 0.1, 0.01);
    close(laws.steps?.back, 0.1, 0.02);
    close(laws.buying?.base, -4, 0.4);
    close(laws.buying?.slope, 0.7, 0.2);
    close(laws.gaps?.mix.reduce((sum, { share, mean }) => sum + share * mean, 0), 3.4, 0.25); // less by hurry
    const week = laws.week as readonly number[];
    close(week[20], profile.week[20] as number, 0.25);
    close(week[3 + 48], profile.week[3] as number, 0.1);
    const again = new Seen();
    const fitted: Profile = { ...profile, length: laws.length!, popularity: laws.popularity! };
    for (const visit of simulateVisits(fitted, days)) again.add(visit.seen);
    const counts = (one: Seen): number[] => Array.from(one.lengths, (n, i) =>
      new Array<number>(n ?? 0).fill(i)).flat();
    const lengths = compared('', counts(seen), counts(again), false).ks;
    assert.ok(lengths < 0.02, String(lengths));
    const ranks = (one: Seen): number[] => one.ranked().flatMap((n, i) => new Array<number>(n).fill(i));
    const popular = compared('', ranks(seen), ranks(again), false).ks;
    assert.ok(popular < 0.04, String(popular));
  });

  test('come back as often and as late as the law of returns says', () => {
    const profile: Profile = {
      ...PEOPLE, returns: { comes: 0.5, mix: [{ share: 1, mean: 1, spread: 0.7 }], known: 1 },
      length: { from: 1, to: 2, exponent: 1, shift: 0, cutoff: 1 },
    };
    const seen = new Seen();
    for (const { seen: visit } of simulateVisits(profile, { ...OPTIONS, seconds: 90 * 86_400,
      visitsPerDay: 300 })) {
      seen.add(visit);
    }
    const { comes, mix } = fitLaws(seen, false).returns!;
    assert.ok(Math.abs(comes - 0.5) < 0.06, String(comes));
    assert.ok(Math.abs(mix.reduce((sum, { share, mean }) => sum + share * mean, 0) - 1) < 0.15,
      JSON.stringify(mix));
  });

  test('wake up with their zones', () => {
    const zones = [{ zone: 'Asia/Tokyo', country: 'JP', share: 0.5 }, { zone: 'Europe/London', country: 'GB',
      share: 0.5 }];
    const hours = { JP: new Array<number>(24).fill(0), GB: new Array<number>(24).fill(0) };
    const days = { ...OPTIONS, seconds: 7 * 86_400, visitsPerDay: 3000, before: 0 };
    for (const { seen } of simulateVisits({ ...PEOPLE, zones }, days)) {
      hours[seen.country as 'JP' | 'GB'][new Date(seen.startMs as number).getUTCHours()]! += 1;
    }
    assert.ok(hours.GB[20]! > 10 * hours.GB[3]!, hours.GB.join());
    assert.ok(hours.JP[11]! > 10 * hours.JP[18]!, hours.JP.join()); // 20:00 and 3:00 in Tokyo
  });

  test('rush to a flash sale within its rise, to its items, and lose interest by half-lives', () => {
    const sale = { atSeconds: 1800, seconds: 3600, riseSeconds: 60, halfLifeSeconds: 600, peak: 20, items: 5 };
    const flat = { ...PEOPLE, week: new Array<number>(168).fill(1), sales: [sale] };
    const starts: number[] = [];
    const views = new Map<string, number>();
    for (const visit of simulateVisits(flat, { ...OPTIONS, seconds: 7200, visitsPerDay: 86_400 * 0.5,
      before: 0 })) {
      starts.push((visit.startMs - MONDAY_MS) / 1000);
      if (visit.sale === 0) for (const item of visit.seen.items!) views.set(item, (views.get(item) ?? 0) + 1);
    }
    const rate = (from: number, to: number): number => starts.filter((at) => at >= from &&
      at < to).length / (to - from);
    assert.ok(Math.abs(rate(0, 1800) - 0.5) < 0.08, String(rate(0, 1800)));
    assert.ok(rate(1860, 1920) > 8, String(rate(1860, 1920)));
    const half = rate(2400, 2520) / rate(1860, 1980); // nine minutes later, of ten
    assert.ok(half > 0.4 && half < 0.75, `${half}`);
    assert.ok(Math.abs(rate(5400, 7200) - 0.5) < 0.1);
    const top = [...views.values()].sort((a, b) => b - a);
    const all = top.reduce((a, b) => a + b);
    assert.ok(top.slice(0, 5).reduce((a, b) => a + b) > 0.6 * all);
  });

  test("robots are robots by the server's own rule: crawlers by name, scrapers by pace, people not", () => {
    const profile = { ...ASSUMED, bots: { crawlers: 0.2, scrapers: 0.2 } };
    const found = { crawler: [0, 0], scraper: [0, 0], visitor: [0, 0] } as Record<string, [number, number]>;
    for (const { actions, who } of simulateVisits(profile, { ...OPTIONS, before: 0, visitsPerDay: 20_000 })) {
      const watch = new RobotWatch();
      for (const action of actions) {
        if (action.ask.op !== 'event') continue;
        const { events } = messageOf(action) as { events: unknown[] };
        watch.see(decodeEvent(events[0], 'test' as never, MONDAY_MS));
      }
      found[who]![watch.robot ? 1 : 0] += 1;
    }
    assert.deepEqual([found['crawler']![0], found['scraper']![0], found['visitor']![1]], [0, 0, 0],
      JSON.stringify(found));
    assert.ok(found['crawler']![1] > 50 && found['visitor']![0] > 300);
  });
});

suite('Plans of traffic', () => {
  test('carry each request once, when it is due, on the lane of its session, decodable', () => {
    const actions = [...simulateTraffic(ASSUMED, { ...OPTIONS, seconds: 60 })];
    const plan = trafficPlan({ name: 'x', about: '', actions, startMs: MONDAY_MS, seconds: 60, speed: 2 });
    assert.equal(plan.requests.length, actions.length);
    assert.equal(plan.seconds, 30);
    const lanes = new Map<string, number>();
    plan.requests.forEach(({ body, idAt, lane }, i) => {
      const { atMs, session } = actions[i] as Action;
      assert.ok(Math.abs(plan.due[i]! - (atMs - MONDAY_MS) / 2000) < 1e-9);
      assert.equal(lanes.get(session) ?? lane, lane);
      lanes.set(session, lane as number);
      const message = decodeMsgpack(Buffer.from(body)) as { id: number };
      assert.equal(Buffer.from(body).readUInt32BE(idAt as number), message.id);
    });
  });

  test("ETUDE's scenarios ask for the next 21 items of a growing session", () => {
    const profile = scenarioProfile(SCENARIOS['groceries-small']!, profileNamed('yoochoose'));
    const asked = new Map<string, number>();
    for (const { ask, session } of scenarioTraffic(profile, { ...OPTIONS, before: 0, seconds: 4 * 3600,
      visitsPerDay: 40_000 })) {
      assert.ok(ask.op === 'next' && ask.k === 21);
      assert.equal(ask.items.length, Math.min(50, 1 + (asked.get(session) ?? 0)));
      asked.set(session, 1 + (asked.get(session) ?? 0));
      assert.ok(ask.items.every((item) => Number(item.slice(5)) < 10_000));
    }
    assert.ok(asked.size > 50);
  });

  test('a replay keeps the order of visits and of what happened in them', () => {
    const visits = Array.from({ length: 50 }, (_, i) => ({ items: [`a${i}`, `b${i}`, `c${i}`] }));
    const options = { seed: 1, startMs: MONDAY_MS, tag: 'r', visitsPerSecond: 1, profile: ASSUMED };
    const views = [...replay(visits, options)].flatMap(({ ask, session }) =>
      (ask.op === 'event' ? [[session, ask.event.items[0]!.item] as const] : []));
    for (let i = 0; i < 50; i += 1) {
      const own = views.filter(([session]) => session === `r-r${i}`).map(([, item]) => item);
      assert.deepEqual(own, visits[i]!.items);
    }
    const firsts = views.filter(([, item]) => item.startsWith('a')).map(([, item]) => Number(item.slice(1)));
    assert.deepEqual(firsts, [...firsts].sort((a, b) => a - b));
  });

  test('our profiles can be simulated; what is none is told from one', () => {
    for (const name of PROFILES) assert.equal(whatIsWrong(profileNamed(name)), null);
    const path = tempFile('profile.json', '');
    for (const text of ['', '[]', '{"vitrineTraffic": 1}', JSON.stringify({ ...ASSUMED, week: [1] }),
      JSON.stringify({ ...ASSUMED, zones: [{ zone: 'Moon/Sea', share: 1 }] })]) {
      writeFileSync(path, text);
      assert.throws(() => readProfile(path), /is no profile of traffic/);
    }
  });
});
