import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Latency, linePoints, median } from '../../../server/page/latency.ts';
import { hashOf, placeOf, type Place } from '../../../server/page/router.ts';
import { type Entries, TOP, Trail } from '../../../server/page/trail.ts';
import { Visitor, type Storage } from '../../../server/page/visitor.ts';
import { Speech, titleOf } from '../../../server/page/words.ts';
import { FakeClock } from '../../support/fake-clock.ts';

suite('places of the page', () => {
  test('every place has an address that leads back to it', () => {
    const places: Place[] = [
      { at: 'home' },
      { at: 'category', category: 'garden & home' },
      { at: 'item', item: 'a/b#c%20' },
      { at: 'search', query: 'red 50% lamp' },
    ];
    for (const place of places) assert.deepEqual(placeOf(hashOf(place)), place);
  });

  test('an address that names no place is home, a broken escape is taken as it stands', () => {
    for (const hash of ['', '#', '#/', '#/x/y', '#/i/', '#everything']) {
      assert.deepEqual(placeOf(hash), { at: 'home' }, hash);
    }
    assert.deepEqual(placeOf('#/s/50%'), { at: 'search', query: '50%' });
  });
});

suite('the trail', () => {
  /** A history with its entries, as a browser keeps it. */
  function setup() {
    const states: unknown[] = [null];
    let at = 0;
    const entries: Entries = {
      get state() { return states[at]; },
      replaceState(state) { states[at] = state; },
    };
    const go = (to: number): void => {
      at = to;
      states[at] ??= null;
    };
    return { entries, go };
  }

  test('who goes back or forward is where they were; a new entry starts at the top', () => {
    const { entries, go } = setup();
    const trail = new Trail(entries, 5);
    go(1);
    trail.moved({ top: 800, shown: 60 });
    assert.deepEqual(trail.spot, TOP);
    go(0);
    trail.moved({ top: 40, shown: 0 });
    assert.deepEqual(trail.spot, { top: 800, shown: 60 });
    go(1);
    trail.moved(null); // the list was not even drawn
    assert.deepEqual(trail.spot, { top: 40, shown: 0 });
    go(0);
    trail.moved({ top: 0, shown: 0 });
    assert.deepEqual(trail.spot, { top: 800, shown: 60 });
  });

  test('entries of an earlier load are not taken for new ones', () => {
    const { entries, go } = setup();
    new Trail(entries, 5);
    const reloaded = new Trail(entries, 900);
    go(1);
    reloaded.moved({ top: 7, shown: 0 });
    assert.deepEqual(reloaded.spot, TOP);
    assert.deepEqual(entries.state, { entry: 900 });
  });
});

suite('the latency line', () => {
  test('the median is the middle value, or the mean of two', () => {
    assert.equal(median([]), undefined);
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
  });

  test('only the newest durations are kept', () => {
    const latency = new Latency(2);
    for (const ms of [1, 2, 9]) latency.add(ms);
    assert.deepEqual(latency.values, [2, 9]);
    assert.equal(latency.last, 9);
  });

  test('the line spans the box, highest value on top', () => {
    assert.equal(linePoints([1, 4, 2], 100, 40), '0,30 50,0 100,20');
    assert.equal(linePoints([3], 100, 40), '50,0');
    assert.equal(linePoints([], 100, 40), '');
    assert.equal(linePoints([0, 0], 100, 40), '0,40 100,40');
  });
});

suite('the visitor', () => {
  function setup(kept: Record<string, string> = {}) {
    const clock = new FakeClock();
    const storage: Storage = {
      getItem: (key) => kept[key] ?? null,
      setItem: (key, value) => { kept[key] = value; },
    };
    let ids = 0;
    const visit = () => new Visitor(storage, clock, () => `id${ids++}`);
    return { clock, kept, visit };
  }
  const minutes = (count: number) => count * 60e6;

  test('a reload keeps session, cart and what was viewed', () => {
    const { visit } = setup();
    const before = visit();
    before.saw('a');
    before.saw('b');
    before.saw('a');
    before.setQuantity('b', 2);

    const after = visit();
    assert.equal(after.session, before.session);
    assert.deepEqual(after.viewed, ['a', 'b']);
    assert.deepEqual(after.cart, [{ item: 'b', quantity: 2 }]);
  });

  test('two tabs add to one cart, and each hears of the other when it reads again', () => {
    const { visit } = setup();
    const [one, two] = [visit(), visit()];
    one.setQuantity('a', 1);
    two.add('b');
    one.add('b');
    two.becomeCustomer();
    one.add('a');

    two.reread();
    assert.deepEqual(one.cart, [{ item: 'a', quantity: 2 }, { item: 'b', quantity: 2 }]);
    assert.deepEqual(two.cart, one.cart);
    assert.equal(one.identity.customer, two.identity.customer);
  });

  test('half an hour of silence ends the session, not the cart', () => {
    const { clock, visit } = setup();
    const before = visit();
    before.saw('a');
    before.setQuantity('a', 1);
    clock.advance(minutes(30));

    const after = visit();
    assert.notEqual(after.session, before.session);
    assert.deepEqual(after.viewed, []);
    assert.equal(after.cartCount, 1);
  });

  test('who buys becomes a customer, once, and stays one in later sessions', () => {
    const { clock, visit } = setup();
    const before = visit();
    assert.equal(before.identity.customer, undefined);
    before.becomeCustomer();
    const { customer } = before.identity;
    before.becomeCustomer();
    assert.equal(before.identity.customer, customer);

    clock.advance(minutes(60));
    assert.equal(visit().identity.customer, customer);
  });

  test('quantities stay within 0 and 99, and 0 takes an item out', () => {
    const { visit } = setup();
    const visitor = visit();
    visitor.setQuantity('a', 1000);
    assert.equal(visitor.quantityOf('a'), 99);
    visitor.setQuantity('a', -1);
    assert.deepEqual(visitor.cart, []);
  });

  test('spoilt or missing storage is a new visitor', () => {
    for (const text of ['', '{', 'null', '7', '{"session":1}']) {
      const { visit } = setup({ 'vitrine.visitor.1': text });
      assert.deepEqual(visit().cart, []);
    }
    assert.ok(new Visitor(null, new FakeClock()).session);
  });
});

suite('what the page says', () => {
  test('prices follow language and currency, and do without one', () => {
    assert.equal(new Speech('en', 'EUR').price(12.5), '€12.50');
    assert.equal(new Speech('zh', 'EUR').price(12.5), '€12.50');
    assert.equal(new Speech('en', null).price(1234.5), '1,234.50');
    assert.equal(new Speech('en', 'EUR').price(null), '');
  });

  test('words are filled in, and every placeholder has a twin in the other language', () => {
    const english = new Speech('en', null);
    assert.equal(english.say('because', { title: 'Lamp' }), 'Because you viewed Lamp');
    for (const word of ['because', 'results', 'shown', 'forYouFresh', 'retrying', 'rows'] as const) {
      const names = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
      assert.deepEqual(names(english.say(word)), names(new Speech('zh', null).say(word)), word);
    }
  });

  test('the demo\'s categories have names in Chinese, others keep what their data call them', () => {
    const chinese = new Speech('zh', null);
    assert.equal(chinese.category('Living'), '家居');
    assert.equal(chinese.category('lamps'), '灯具');
    assert.equal(chinese.category('garden_chairs'), 'Garden chairs');
    assert.equal(new Speech('en', null).category('lamps'), 'Lamps');
  });

  test('categories read as titles', () => {
    assert.equal(titleOf('garden_chairs'), 'Garden chairs');
  });
});
