import assert from 'node:assert/strict';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { customersIn, customersOf, writeMailing } from '../../../../server/storefront/email/mailing.ts';
import { makeEvent } from '../../../support/shop-events.ts';
import { tempFile } from '../../../support/temp-file.ts';

const answer = (customer: string) => ({ customer, attribution: `a-${customer}`, items: [], degraded: [] });
const CUSTOMERS = Array.from({ length: 25 }, (_, i) => `c${i}`);
const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').map((line) =>
  (JSON.parse(line) as { customer: string }).customer);

function setup(path = tempFile('mail.jsonl', '')) {
  const asked: string[][] = [];
  const mailing = {
    out: path, batch: 10, inFlight: 2, progress: () => {},
    ask: async (customers: readonly string[]) => {
      asked.push([...customers]);
      return customers.map(answer);
    },
  };
  return { mailing, asked, path, part: `${path}.part` };
}

suite('A mailing', () => {
  test('has a line for each customer, in their order, and takes its name when it is whole', async () => {
    const { mailing, asked, path, part } = setup();

    assert.equal(await writeMailing(CUSTOMERS, mailing), 25);
    assert.deepEqual(linesOf(path), CUSTOMERS);
    assert.deepEqual(asked.map(({ length }) => length), [10, 10, 5]);
    assert.equal(existsSync(part), false);
  });

  test('of nobody is an empty file; one that fails before its first line leaves none', async () => {
    const { mailing, path, part } = setup();
    assert.equal(await writeMailing([], mailing), 0);
    assert.deepEqual([readFileSync(path, 'utf8'), existsSync(part)], ['', false]);

    const ask = () => Promise.reject(new Error('no such placement'));
    await assert.rejects(writeMailing(CUSTOMERS, { ...mailing, ask }), /no such placement/);
    assert.equal(existsSync(part), false);
  });

  test('that was cut off goes on where it ended, also in the middle of a line', async () => {
    const { mailing, asked, path, part } = setup();
    let left = 2;
    const failing = { ...mailing, ask: async (customers: readonly string[]) => {
      if (left-- === 0) throw new Error('the server is gone');
      return customers.map(answer);
    } };

    await assert.rejects(writeMailing(CUSTOMERS, failing), /the server is gone/);
    assert.equal(linesOf(part).length, 20);
    truncateSync(part, readFileSync(part).length - 5); // the last line is half there
    assert.equal(await writeMailing(CUSTOMERS, mailing), 6);

    assert.deepEqual(asked, [CUSTOMERS.slice(19)]);
    assert.deepEqual(linesOf(path), CUSTOMERS);
  });

  test('of other customers is not gone on with', async () => {
    const { mailing, part } = setup();
    writeFileSync(part, `${JSON.stringify(answer('c7'))}\n`);

    const other = { code: 'bad_argument', message: /'c7', where there is 'c0'/ };
    await assert.rejects(writeMailing(CUSTOMERS, mailing), other);
    await assert.rejects(writeMailing([], mailing), /where there is 'nobody'/);
    writeFileSync(part, 'some other file\n');
    await assert.rejects(writeMailing(CUSTOMERS, mailing), /no mailing that was cut off/);
  });

  test('customers are those of the log with consent, each once; or those of a file', async () => {
    const store = new MemoryStore();
    await store.append([
      makeEvent({ item: 'a', customer: 'x' }), makeEvent({ item: 'a' }),
      makeEvent({ item: 'a', customer: 'y', consent: false }),
      makeEvent({ item: 'a', customer: 'z' }), makeEvent({ item: 'a', customer: 'x' }),
    ]);

    assert.deepEqual([...customersOf(store)], ['x', 'z']);
    const read: string[] = [];
    for await (const id of customersIn(tempFile('ids.txt', 'x\r\n\n y \nx\ny\n'))) read.push(id);
    assert.deepEqual(read, ['x', 'y']);
  });
});
