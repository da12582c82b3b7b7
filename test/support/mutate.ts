import type { Prng } from '../../server/core/prng.ts';

/** First bytes of msgpack headers that claim much, and of what nobody should send. */
const HEADS = [
  0xdd, 0xdf, 0xdc, 0xde, 0xdb, 0xc6, 0xc9, 0xc1, 0xd4, 0xc7, 0x91, 0x81, 0xcf, 0xcb, 0x9f, 0x8f,
  0x40,
];
const SNIPPETS = [
  '[[[[',
  '{"a":',
  '1e999',
  '-',
  '"\\ud800',
  '\u0000',
  '9007199254740993',
  'null',
  'NaN',
  ',',
  '}',
  ']',
  '"__proto__":{"k":1},',
];

/** The frame with one to four things done to it that a broken or hostile sender might do. */
export function mutated(prng: Prng, corpus: readonly Uint8Array[]): Uint8Array {
  let bytes = Buffer.from(prng.pick(corpus));
  for (let changes = 1 + prng.below(4); changes > 0; changes -= 1)
    bytes = mutateOnce(prng, bytes, corpus);
  return bytes;
}

function mutateOnce(
  prng: Prng,
  bytes: Buffer<ArrayBuffer>,
  corpus: readonly Uint8Array[],
): Buffer<ArrayBuffer> {
  const at = prng.below(bytes.length + 1);
  const insert = (middle: Uint8Array, drop = 0) =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + drop)]);
  switch (prng.below(9)) {
    case 0:
      return bytes.subarray(0, at); // cut short
    case 1:
      return insert(Buffer.from([prng.below(256)]), 1);
    case 2:
      return insert(Buffer.from([prng.pick(HEADS), 0xff, 0xff, 0xff, 0xff]), prng.below(6));
    case 3:
      return insert(Buffer.from([prng.pick(HEADS)]), 1);
    case 4:
      return insert(Buffer.from(prng.pick(SNIPPETS)), prng.below(3));
    case 5:
      return insert(Buffer.alloc(prng.below(40), prng.pick(HEADS)));
    case 6: {
      // a piece of another frame
      const other = prng.pick(corpus);
      const from = prng.below(other.length + 1);
      return insert(other.subarray(from, from + prng.below(64)), prng.below(64));
    }
    case 7:
      return insert(bytes.subarray(at, at + prng.below(32))); // a piece twice
    default:
      return insert(new Uint8Array(0), prng.below(16)); // a piece missing
  }
}

const ODD = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 31,
  2 ** 53,
  1e300,
  '',
  'two',
  'x'.repeat(200),
  '\ud800',
  [],
  {},
  [[]],
  [[[[1]]]],
  [null],
  { item: { item: {} } },
  new Array(600).fill(1),
  'FP16',
  'INT64',
  'infer',
  '__proto__',
];

/** The value with one to three of its parts replaced, dropped, doubled or moved elsewhere. */
export function mutatedValue(prng: Prng, value: unknown): unknown {
  let out = structuredClone(value);
  for (let changes = 1 + prng.below(3); changes > 0; changes -= 1) out = mutatePart(prng, out);
  return out;
}

function mutatePart(prng: Prng, value: unknown): unknown {
  const open = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
  const keys = open ? Object.keys(value) : [];
  if (keys.length === 0 || prng.below(6) === 0) return structuredClone(prng.pick<unknown>(ODD));
  const map = value as Record<string, unknown>;
  const key = prng.pick(keys);
  switch (prng.below(5)) {
    case 0:
      delete map[key];
      return map;
    case 1:
      map[prng.pick(keys)] = structuredClone(map[key]);
      return map;
    default:
      map[key] = mutatePart(prng, map[key]);
      return map;
  }
}
