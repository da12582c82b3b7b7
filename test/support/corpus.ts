import { float32Tensor } from '../../server/core/tensor.ts';
import { EVENT_TYPES } from '../../server/wire/schema.ts';

const x = float32Tensor('x', [1, 4], Float32Array.of(1, 2, 3, 4));
const filter = {
  category: ['lamps', 'chairs'],
  in_stock: true,
  exclude_seen: false,
  price_min: 3,
  price_max: 99.5,
  exclude: [1, 'two'],
};
const listed = (datatype: string, data: unknown, shape: number[]) => ({
  name: 'x',
  datatype,
  shape,
  data,
});

/** A good request of every operation, as plain values with the wire's names. */
export const REQUESTS: readonly object[] = [
  { id: 1, op: 'infer', model: 'sum', inputs: [x] },
  {
    id: 70_000,
    op: 'infer',
    model: 'sum',
    version: '1',
    inputs: [x],
    outputs: ['y'],
    trace: true,
    deadline_ms: 50,
  },
  {
    id: 'events',
    op: 'events',
    events: EVENT_TYPES.map((type, i) => ({
      id: `e${i}`,
      type,
      session: 's',
      customer: i,
      at_ms: 1_700_000_000_000 + i,
      items: ['1', 2, { item: 'i', quantity: 2, price: 9.5, discount: 1 }],
      query: 'lamp',
      attribution: 'r',
      time_zone: 'Europe/Berlin',
      consent: i % 2 === 0,
      country: 'DE',
      device: 'phone',
    })),
  },
  {
    id: 2,
    op: 'recommend',
    session: 's',
    customer: 'c',
    items: [1, '2', 3],
    k: 10,
    filter,
    language: 'zh',
  },
  { id: 3, op: 'similar', item: 'i', k: 5, filter },
  { id: 4, op: 'insight', session: 's', customer: 7 },
  { id: 4, op: 'insight', session: 's', reasons: 3, language: 'zh' },
  { id: 4, op: 'insight', customer: 'c', parts: ['timing', 'churn'], horizons: [1, 180] },
  { id: 12, op: 'explain', model: 'm', features: [1, null, 2.5], background: [[0, 0, 1]], top: 2 },
  {
    id: 13, op: 'explain', model: 'm', version: 2, features: { a: 1, b: null }, method: 'counterfactual',
    goal: { at_least: 0.5 }, change: ['a'], changes_max: 2, samples: 10, seed: 3, output: 'o', element: 1,
  },
  {
    id: 11, op: 'catalogue', remove: ['a', 7],
    put: [{ id: 1, title: 'A lamp', categories: ['l'], price: 2.5, in_stock: false, picture: 'p' }],
  },
  { id: 5, op: 'subscribe', session: 's', k: 4, filter: {} },
  { id: 6, op: 'unsubscribe', session: 's' },
  { id: 7, op: 'cancel', target: 1 },
  { id: 8, op: 'metadata', model: 'sum' },
  { id: 9, op: 'ping' },
  { id: 9, op: 'credit' },
  { id: 10, op: 'infer', model: 'sum', inputs: [x], outputs: [{ name: 'y', classes: 1 }] },
];

/** The same where bytes are none. */
export const JSON_REQUESTS: readonly object[] = [
  ...REQUESTS.slice(2),
  { id: 1, op: 'infer', model: 'sum', inputs: [listed('FP32', [[1, 2.5, -3e2, 4]], [1, 4])] },
  {
    id: 2,
    op: 'infer',
    model: 'sum',
    inputs: [listed('INT64', [1, 2, 3, 4], [1, 4]), listed('BOOL', [true, false], [2])],
  },
];

/** Bodies of KServe v2 infer. */
export const KSERVE_BODIES: readonly object[] = [
  {
    id: 'a',
    parameters: { timeout: 5000 },
    inputs: [listed('FP32', [1, 2, 3, 4], [1, 4])],
    outputs: [{ name: 'y' }],
  },
  { inputs: [listed('BYTES', [['a', 'bc']], [1, 2])], parameters: { priority: 1, trace: true },
    outputs: [{ name: 'y', parameters: { classification: 2 } }] },
  {
    inputs: [
      listed(
        'UINT64',
        [
          [1, 2],
          [3, 4],
        ],
        [2, 2],
      ),
      listed('INT8', [-1], [1]),
    ],
  },
];

/** One with tensors in binary behind it. */
export const KSERVE_BINARY = {
  head: {
    id: 'b',
    parameters: { binary_data_output: true, timeout: 1000 },
    inputs: [
      { name: 'x', shape: [1, 4], datatype: 'FP32', parameters: { binary_data_size: 16 } },
      { name: 'z', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 6 } },
    ],
    outputs: [{ name: 'y', parameters: { binary_data: false } }],
  },
  tail: Buffer.concat([x.data, Buffer.from([2, 0, 0, 0, 65, 66])]),
};
