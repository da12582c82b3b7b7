import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { decodeJson } from '../../../server/wire/json.ts';
import { parseExact } from '../../../server/wire/parse-exact.ts';
import { scanJson } from '../../../server/wire/scan-json.ts';

const decode = (text: string): unknown => decodeJson(Buffer.from(text));

suite('decodeJson', () => {
  test('integers beyond 2^53 survive, and only they become bigints', () => {
    assert.deepEqual(decode('[9007199254740993, -9223372036854775808, 18446744073709551615, 1]'), [
      9_007_199_254_740_993n,
      -(2n ** 63n),
      2n ** 64n - 1n,
      1,
    ]);
    assert.deepEqual(
      decode('[9007199254740991, 0.12345678901234567, 12345678901234567e2, 1e17]'),
      [9_007_199_254_740_991, 0.123_456_789_012_345_67, 12_345_678_901_234_567e2, 1e17],
    );
    assert.deepEqual(decode('{"a":"9007199254740993","b":"\\"12345678901234567890"}'), {
      a: '9007199254740993',
      b: '"12345678901234567890',
    });
  });

  test('an integer of more digits than any datatype holds costs no more than a number', () => {
    assert.deepEqual(decode('[99999999999999999999, 1111111111111111111111]'), [
      99_999_999_999_999_999_999n,
      1_111_111_111_111_111_111_111,
    ]);
    assert.deepEqual(decode(`[-${'1'.repeat(300)}]`), [-Number('1'.repeat(300))]);
  });

  test('a long fraction or an exponent is no reason for the slow parser', () => {
    for (const text of [
      '0.1234567890123456789',
      '1.5e-12345678901234567',
      '12345678901234567.5',
      '"12345678901234567"',
      '999999999999999',
    ]) {
      assert.equal(scanJson(`[${text}]`), false, text);
    }
    for (const text of ['1234567890123456', '-1234567890123456', '{"a":[1,1234567890123456]}']) {
      assert.equal(scanJson(text), true, text);
    }
  });

  test('NaN, Infinity and whatever else is no JSON is refused', () => {
    for (const text of [
      '',
      'NaN',
      '[Infinity]',
      '{"a":-Infinity}',
      '[1,]',
      '{a:1}',
      '01',
      '[1',
      '{"a":1}}',
      '"\u0001"',
      '1 2',
    ]) {
      assert.throws(() => decode(text), { code: 'bad_request' }, text);
      const exact = `[${text}, 9007199254740993]`;
      if (text !== '')
        assert.throws(() => decode(exact.replace('1 2', '1 2 3')), { code: 'bad_request' }, exact);
    }
    assert.throws(() => decodeJson(Buffer.from([0x22, 0xff, 0x22])), {
      code: 'bad_request',
      message: /UTF-8/,
    });
  });

  test('the entries of a map and the elements of a list are bounded, wherever they stand', () => {
    const map = (count: number) =>
      `{${Array.from({ length: count }, (_, i) => `"${i},":[]`).join(',')}}`;
    const list = (count: number) => `[${'1,'.repeat(count - 1)}1]`;
    const refused = (text: string, message: RegExp) =>
      assert.throws(() => decode(text), { code: 'bad_request', message });

    for (const text of [map(1024), `[${map(1024)},${map(1024)}]`, list(1_048_576)]) decode(text);
    refused(map(1025), /a map may have 1024 entries/);
    refused(`{"a":[{}],"b":${map(1025)}}`, /a map may have 1024 entries/);
    refused(map(1025).replace('[]', '[{"a":1,"b":2},[1,2]]'), /a map may have 1024 entries/);
    refused(list(1_048_577), /a list may have 1048576 elements/);
    refused(`]]]${list(3)}`, /Unexpected token/);
  });

  test('nesting and the count of maps and lists are bounded', () => {
    decode('['.repeat(16) + ']'.repeat(16));
    assert.throws(() => decode('['.repeat(17) + ']'.repeat(17)), { message: /nest 16 deep/ });
    assert.throws(() => decode('['.repeat(4_000_000)), { message: /nest 16 deep/ });
    assert.throws(() => decode(`[${'[],'.repeat(100_001)}1]`), {
      message: /100000 maps and lists/,
    });
  });
});

suite('parseExact', () => {
  test('is JSON.parse wherever no integer is large', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.boolean(), (text, spaced) => {
        const given = spaced ? JSON.stringify(JSON.parse(text), null, 2) : text;
        const want = JSON.parse(given) as unknown;
        const got = parseExact(given);
        assert.equal(JSON.stringify(got, bigintsAsNumbers), JSON.stringify(want));
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom(...'{}[]",:0-.eE \\tn'),
        (text, at, char) => {
          const place = at % (text.length + 1);
          const broken = text.slice(0, place) + char + text.slice(place);
          assert.equal(
            succeeds(() => parseExact(broken)),
            succeeds(() => JSON.parse(broken)),
            broken,
          );
        },
      ),
      { seed: 7, numRuns: 2000 },
    );
  });
});

function bigintsAsNumbers(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function succeeds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
