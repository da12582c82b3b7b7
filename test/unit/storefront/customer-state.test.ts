import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Customers } from '../../../server/storefront/customer-state.ts';
import { makeEvent } from '../../support/shop-events.ts';

const rowOf = (item: string) => Number(item);
const items = (...rows: number[]) => rows.map((row) => ({ item: String(row), quantity: 1 }));

suite('Customers', () => {
  test('bought is what was purchased less what was given back, in any order', () => {
    const customers = new Customers(rowOf);
    const take = (type: 'purchase' | 'refund', quantity: number) =>
      customers.take('c', makeEvent({ type, items: [{ item: '4', quantity }] }));

    take('refund', 1);
    take('purchase', 3);
    assert.equal(customers.get('c')?.bought.get(4), 2);
    take('refund', 2);
    assert.equal(customers.get('c')?.bought.has(4), false);
  });

  test('the newest twenty items of interest are known, each once, by event time', () => {
    const customers = new Customers(rowOf);
    for (let i = 0; i < 25; i++) {
      customers.take('c', makeEvent({ items: items(i), atMs: 1000 + i }));
    }

    customers.take('c', makeEvent({ items: items(10), atMs: 2000 })); // again, and so newest
    customers.take('c', makeEvent({ items: items(7), atMs: 900 })); // late: newer visits are known
    customers.take('c', makeEvent({ type: 'list_view', items: items(30), atMs: 3000 }));

    const rows = customers.get('c')?.rows ?? [];
    assert.equal(rows.length, 20);
    assert.equal(rows.at(-1), 10);
    assert.deepEqual(rows.slice(0, 3), [5, 6, 7]);
    assert.equal(new Set(rows).size, 20);
  });

  test('the session of the newest event is the customer’s own', () => {
    const customers = new Customers(rowOf);
    customers.take('c', makeEvent({ session: 'new', atMs: 2000 }));
    customers.take('c', makeEvent({ session: 'old', atMs: 1000 }));

    assert.equal(customers.get('c')?.session, 'new');
  });

  test('of too many customers the least recently active one is forgotten', () => {
    const customers = new Customers(rowOf, 2);
    for (const id of ['a', 'b', 'a', 'c']) customers.take(id, makeEvent());

    assert.equal(customers.get('b'), undefined);
    assert.equal(customers.count, 2);
  });
});
