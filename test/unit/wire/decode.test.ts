import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeRequest, requestIdOf } from '../../../server/wire/decode.ts';

const NOW_MS = 1_700_000_000_000;
const decode = (value: unknown) => decodeRequest(value, NOW_MS);
const event = (fields: object) => ({
  id: 1,
  op: 'events',
  events: [{ id: 'e', type: 'home_view', session: 's', ...fields }],
});

suite('decodeRequest', () => {
  test('a request for a placement has its rules beside its other fields, each checked', () => {
    const given = {
      id: 1, op: 'recommend', placement: 'cart', cart: ['a'], item: 7, boost: '2', caps: { inStock: 1 }, diversity: 0.5,
      rotation: 0.1, rotation_hours: 2, min_relevance: 0.2, seed: 3, again: true, debug: true,
      filter: { where: 'stock', bought_days: 7 },
    };
    assert.deepEqual(decode(given), {
      id: 1, op: 'recommend', placement: 'cart', cart: ['a'], item: '7', boost: ['2'], caps: { inStock: 1 },
      diversity: 0.5, rotation: 0.1, rotationHours: 2, minRelevance: 0.2, seed: 3, again: true, debug: true,
      filter: { where: 'stock', boughtDays: 7 },
    });
    assert.deepEqual(decode({ id: 1, op: 'batch', customers: ['x'] }),
      { id: 1, op: 'batch', customers: ['x'], placement: 'email', filter: {} });
    for (const [wrong, said] of [
      [{ diversity: 2 }, /diversity: expected a number from 0 to 1/], [{ caps: { a: 0 } }, /caps\.a/],
      [{ filter: { wher: 'stock' } }, /filter\.wher: expected one of category, where/],
      [{ boost: [1] }, /boost\[0\]: expected text/], [{ boost: 5 }, /boost: expected an expression such as/],
      [{ rerank: [] }, /rerank: expected a list of 1/],
      [{ rotation_hours: 0 }, /above 0/], [{ seed: -1 }, /seed/], [{ filter: { where: 3 } }, /filter\.where/],
    ] as const) assert.throws(() => decode({ id: 1, op: 'recommend', ...wrong }), said);
    assert.throws(() => decode({ id: 1, op: 'batch', customers: [] }), /customers: expected a list of 1 to 200/);
  });

  test('attributes of an item are numbers, texts, lists and yes or no, and no others', () => {
    const put = (attributes: unknown) => decode({ id: 1, op: 'catalogue', put: [{ id: 'a', attributes }] }) as
      unknown as { put: { attributes?: unknown }[] };
    const given = { brand: 'x', inStock: 3, sizes: ['s', 'm'], vegan: false, margin: -0.5 };

    assert.deepEqual(put({ ...given, none: null }).put[0]?.attributes, given);
    for (const [wrong, said] of [
      [{ a: { b: 1 } }, /put\[0\]\.attributes\.a: expected a number, true or false/], [{ a: '' }, /attributes\.a/],
      [{ a: ['x', 1.5] }, /attributes\.a\[1\]/], [['x'], /attributes/], [{ ['n'.repeat(65)]: 1 }, /64 bytes/],
      [{ price: 1 }, /attributes\.price: expected another name/], [{ category: ['a'] }, /attributes\.category/],
      [JSON.parse('{"__proto__": 1}'), /another name/],
      [Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, i])), /at most 64/],
    ] as const) assert.throws(() => put(wrong), said);
  });

  test('an event is taken with its defaults filled in, numbers as ids becoming text', () => {
    const request = decode({
      id: 'a',
      op: 'events',
      deadline_ms: 50,
      unknown_field: true,
      events: [
        {
          id: 7,
          type: 'purchase',
          session: 12,
          customer: 99,
          items: [5, 'x', { item: 6, quantity: 2, price: 1.5, discount: 0.5 }],
          time_zone: 'Europe/Berlin',
          country: 'de',
          device: 'phone',
        },
        {
          id: 'e2',
          type: 'search',
          session: 's',
          query: 'lamp',
          at_ms: 1_700_000_000_005,
          consent: false,
          attribution: 'r1',
          customer: null,
        },
      ],
    });

    assert.deepEqual(request, {
      id: 'a',
      op: 'events',
      deadlineMs: 50,
      events: [
        {
          id: '7',
          type: 'purchase',
          session: '12',
          customer: '99',
          atMs: NOW_MS,
          timeZone: 'Europe/Berlin',
          country: 'DE',
          device: 'phone',
          items: [
            { item: '5', quantity: 1 },
            { item: 'x', quantity: 1 },
            { item: '6', quantity: 2, price: 1.5, discount: 0.5 },
          ],
        },
        {
          id: 'e2',
          type: 'search',
          session: 's',
          query: 'lamp',
          atMs: 1_700_000_000_005,
          consent: false,
          attribution: 'r1',
          items: [],
        },
      ],
    });
  });

  test('recommend, similar, subscribe and insight take their fields and fill in the rest', () => {
    assert.deepEqual(decode({ id: 0, op: 'recommend' }), {
      id: 0,
      op: 'recommend',
      k: 20,
      filter: {},
    });
    assert.deepEqual(
      decode({
        id: 1,
        op: 'recommend',
        session: 's',
        items: [1, '2'],
        k: 5,
        language: 'zh',
        filter: {
          category: 'lamps',
          in_stock: false,
          price_min: 0.5,
          price_max: 20,
          exclude_seen: true,
          exclude_bought: false,
          exclude: [3],
        },
      }),
      {
        id: 1,
        op: 'recommend',
        session: 's',
        items: ['1', '2'],
        k: 5,
        language: 'zh',
        filter: {
          category: ['lamps'],
          inStock: false,
          priceMin: 0.5,
          priceMax: 20,
          excludeSeen: true,
          excludeBought: false,
          exclude: ['3'],
        },
      },
    );
    assert.deepEqual(decode({ id: 2, op: 'similar', item: 4 }), {
      id: 2,
      op: 'similar',
      item: '4',
      k: 20,
      filter: {},
    });
    assert.deepEqual(decode({ id: 2, op: 'insight', customer: 4 }), {
      id: 2,
      op: 'insight',
      customer: '4',
    });
    const asked = { id: 2, op: 'insight', customer: 'c', parts: ['churn', 'timing', 'churn'] };
    assert.deepEqual(decode({ ...asked, horizons: [90, 7, 7] }), {
      id: 2, op: 'insight', customer: 'c', parts: ['churn', 'timing'], horizons: [7, 90],
    });
    assert.deepEqual(decode({ id: 3, op: 'subscribe', session: 's', k: 3 }), {
      id: 3,
      op: 'subscribe',
      session: 's',
      k: 3,
      filter: {},
    });
    assert.deepEqual(decode({ id: 4, op: 'unsubscribe', session: 's' }), {
      id: 4,
      op: 'unsubscribe',
      session: 's',
    });
    assert.deepEqual(decode({ id: 5, op: 'cancel', target: 'x' }), {
      id: 5,
      op: 'cancel',
      target: 'x',
    });
    assert.deepEqual(decode({ id: 6, op: 'metadata', model: 'm', version: 2 }), {
      id: 6,
      op: 'metadata',
      model: 'm',
      version: '2',
    });
    assert.deepEqual(decode({ id: 7, op: 'ping' }), { id: 7, op: 'ping' });
  });

  test('tensors come as bytes, or as numbers, flat or nested', () => {
    const want = {
      name: 'x',
      datatype: 'FP32',
      shape: [2, 2],
      data: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
    };
    for (const data of [
      want.data,
      [1, 2, 3, 4],
      [
        [1, 2],
        [3, 4],
      ],
    ]) {
      const request = decode({
        id: 1,
        op: 'infer',
        model: 'm',
        version: 3,
        inputs: [{ ...want, data }],
        outputs: ['y'],
      });
      assert.deepEqual(request, {
        id: 1,
        op: 'infer',
        model: 'm',
        version: '3',
        inputs: [want],
        outputs: ['y'],
        trace: false,
      });
    }
  });

  test('an error names the field, what was expected and what came', () => {
    const cases: [unknown, string, string][] = [
      [[], 'bad_request', 'expected a request as a map, got a list of 0'],
      [
        { op: 'ping' },
        'bad_request',
        'id: expected an integer from 0 to 2^53-1, or text of 1 to 64 characters, got nothing',
      ],
      [{ id: -1, op: 'ping' }, 'bad_request', 'id: expected an integer'],
      [{ id: 1 }, 'bad_request', 'op: expected the name of an operation, got nothing'],
      [{ id: 1, op: 'toString' }, 'unknown_op', '"toString" is none of infer, events, recommend'],
      [
        { id: 1, op: 'ping', deadline_ms: 0 },
        'bad_argument',
        'deadline_ms: expected an integer from 1 to 600000, got 0',
      ],
      [
        event({ items: [{ item: 'i', quantity: 'two' }] }),
        'bad_argument',
        'events[0].items[0].quantity: expected an integer of at least 1, got "two"',
      ],
      [
        event({ items: [{ item: 'i', price: -1 }] }),
        'bad_argument',
        'events[0].items[0].price: expected a number of at least 0, got -1',
      ],
      [
        event({ items: [true] }),
        'bad_request',
        'events[0].items[0]: expected an item id or an item as a map, got true',
      ],
      [
        event({ type: 'sale' }),
        'bad_argument',
        'events[0].type: expected one of home_view, list_view',
      ],
      [
        event({ type: 'cart_add' }),
        'bad_argument',
        'events[0].items: expected at least one item of a cart_add, got nothing',
      ],
      [
        event({ session: 'é'.repeat(65) }),
        'bad_argument',
        'events[0].session: expected an id: text of 1 to 128 bytes',
      ],
      [
        event({ items: ['two\nlines'] }), // a line of `items.txt` once it is learned
        'bad_argument',
        'events[0].items[0]: expected an id: text of 1 to 128 bytes without control characters',
      ],
      [event({ session: 'half \ud83d' }), 'bad_argument', 'events[0].session: expected an id'],
      [event({ session: 1.5 }), 'bad_argument', 'events[0].session: expected an id'],
      [event({ session: 2n ** 60n }), 'bad_argument', 'events[0].session: expected an id'],
      [
        event({ time_zone: 'Mars/Olympus' }),
        'bad_argument',
        'events[0].time_zone: expected an IANA time zone',
      ],
      [
        event({ country: 'Germany' }),
        'bad_argument',
        'events[0].country: expected two letters, as in ISO 3166-1, got "Germany"',
      ],
      [event({ device: 'fridge' }), 'bad_argument', 'events[0].device: expected one of desktop'],
      [
        event({ items: [{ item: 'i', discount: -1 }] }),
        'bad_argument',
        'events[0].items[0].discount: expected a number of at least 0',
      ],
      [
        event({ at_ms: 10n ** 60n }),
        'bad_argument',
        `events[0].at_ms: expected an integer from 0 to 8640000000000000, got 1${'0'.repeat(39)}…`,
      ],
      [event({ at_ms: NaN }), 'bad_argument', 'events[0].at_ms: expected an integer'],
      [
        event({ at_ms: 1_700_000_000 }),
        'bad_argument',
        'events[0].at_ms: expected milliseconds since 1970, of the year 2000 or later, got 1700000000',
      ],
      [
        { id: 1, op: 'events', events: [] },
        'bad_argument',
        'events: expected a list of 1 to 500 elements, got a list of 0',
      ],
      [
        { id: 1, op: 'recommend', k: 501 },
        'bad_argument',
        'k: expected an integer from 1 to 500, got 501',
      ],
      [
        { id: 1, op: 'recommend', filter: { in_stock: 'yes' } },
        'bad_argument',
        'filter.in_stock: expected true or false, got "yes"',
      ],
      [
        { id: 1, op: 'recommend', language: 'de' },
        'bad_argument',
        'language: expected one of en, zh, got "de"',
      ],
      [
        { id: 1, op: 'insight' },
        'bad_argument',
        'session: expected a session or a customer, got nothing',
      ],
      [
        { id: 1, op: 'insight', session: 's', parts: ['intent', 'wealth'] },
        'bad_argument',
        'parts[1]: expected one of intent, timing, churn, value, segment, got "wealth"',
      ],
      [
        { id: 1, op: 'insight', session: 's', parts: [] },
        'bad_argument',
        'parts: expected a list of 1 to 5 elements, got a list of 0',
      ],
      [
        { id: 1, op: 'insight', session: 's', horizons: [30, 181] },
        'bad_argument',
        'horizons[1]: expected an integer from 1 to 180, got 181',
      ],
      [
        { id: 1, op: 'infer', inputs: [] },
        'bad_argument',
        'model: expected text of 1 to 128 bytes, got nothing',
      ],
    ];
    for (const [value, code, message] of cases) {
      assert.throws(
        () => decode(value),
        (error: Error & { code: string }) => {
          assert.equal(error.code, code, error.message);
          assert.ok(error.message.includes(message), `${error.message} lacks ${message}`);
          return true;
        },
      );
    }
  });

  test('a reply can be addressed wherever the id can be read', () => {
    assert.equal(requestIdOf({ id: 5, op: 1 }), 5);
    assert.equal(requestIdOf({ id: 'x' }), 'x');
    for (const value of [
      null,
      1,
      [],
      {},
      { id: -1 },
      { id: 1.5 },
      { id: '' },
      { id: 'x'.repeat(65) },
      { id: 2n ** 60n },
    ]) {
      assert.equal(requestIdOf(value), null);
    }
  });

  test('any request may say how urgent it is, an infer request how long it may wait', () => {
    const infer = { id: 1, op: 'infer', model: 'm', inputs: [], priority: 2, timeout_us: 1500 };
    const request = decode(infer) as { priority?: number; timeoutUs?: number };
    assert.deepEqual([request.priority, request.timeoutUs], [2, 1500]);
    assert.equal((decode({ id: 1, op: 'recommend', priority: 3 }) as typeof request).priority, 3);
    for (const wrong of [{ priority: -1 }, { priority: 1.5 }, { timeout_us: 0 }, { timeout_us: 'soon' }]) {
      assert.throws(() => decode({ ...infer, ...wrong }), { code: 'bad_argument' });
    }
  });
});
