import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeMsgpack, encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { scanMsgpack } from '../../../server/wire/scan.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

suite('scanMsgpack', () => {
  test('what every msgpack encoder writes passes, in each of its widths', () => {
    const frames: [string, unknown][] = [
      ['81 a2 69 64 01', { id: 1 }],
      ['de 0001 a2 69 64 cd 0100', { id: 256 }],
      ['df 00000001 d9 02 69 64 ce 00010000', { id: 65_536 }],
      ['81 da 0002 69 64 cf 0000000100000000', { id: 2 ** 32 }],
      ['81 a1 61 cf ffffffffffffffff', { a: 2n ** 64n - 1n }],
      ['81 a1 61 d3 8000000000000000', { a: -(2n ** 63n) }],
      ['93 d0 ff d1 ff00 d2 ffff0000', [-1, -256, -65_536]],
      ['dc 0002 c2 c3', [false, true]],
      ['dd 00000001 c0', [null]],
      ['92 ca 3fc00000 cb 3ff8000000000000', [1.5, 1.5]],
      ['92 7f e0', [127, -32]],
      ['db 00000002 6869', 'hi'],
    ];
    for (const [hex, value] of frames) assert.deepEqual(decodeMsgpack(bytes(hex)), value, hex);
    for (const hex of ['c4 02 0102', 'c5 0002 0102', 'c6 00000002 0102']) {
      assert.deepEqual(Buffer.from(decodeMsgpack(bytes(hex)) as Uint8Array), Buffer.from([1, 2]));
    }
  });

  test('a header that claims more than the frame holds is refused before anything is built', () => {
    for (const head of [
      'dd ffffffff',
      'df ffffffff',
      'db ffffffff',
      'c6 ffffffff',
      'dc ffff',
      '9f',
      '8f',
      'bf',
    ]) {
      assert.throws(
        () => scanMsgpack(bytes(`${head} 00 00`)),
        { code: 'bad_request', message: /byte \d+: .*announced/ },
        head,
      );
    }
  });

  test('a frame cut anywhere is refused', () => {
    const whole = encodeMsgpack({
      id: 1,
      op: 'infer',
      list: [1.5, 'text', Buffer.from([1, 2, 3]), { a: null }, 2 ** 40],
    });
    for (let length = 0; length < whole.length; length += 1) {
      assert.throws(
        () => scanMsgpack(whole.subarray(0, length)),
        { code: 'bad_request' },
        String(length),
      );
    }
    scanMsgpack(whole);
  });

  test('bytes after the end, extensions, 0xc1 and keys that are no strings are refused', () => {
    for (const hex of [
      '01 01',
      'd4 01 00',
      'c7 01 01 00',
      'd6 ff 00000000',
      'c1',
      '81 01 01',
      '81 c4 01 61 01',
      '81 81 a0 00 00',
    ]) {
      assert.throws(() => scanMsgpack(bytes(hex)), { code: 'bad_request' }, hex);
    }
  });

  test('nesting is bounded', () => {
    const nested = (depth: number): Uint8Array =>
      Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])]);
    scanMsgpack(nested(16));
    assert.throws(() => scanMsgpack(nested(17)), { message: /nest 16 deep/ });
    assert.throws(() => scanMsgpack(nested(1_000_000)), { message: /nest 16 deep/ });
  });

  test('many small containers are refused, however short each is', () => {
    const many = Buffer.alloc(1_000_005, 0x80);
    many.set([0xdd, 0, 0x0f, 0x42, 0x40]);
    assert.throws(() => scanMsgpack(many), { message: /100000 maps and lists/ });
    const wide = Buffer.alloc(5000, 0xa0);
    wide.set([0xde, 0x04, 0x01]);
    assert.throws(() => scanMsgpack(wide), { message: /1024 entries/ });
  });
});
