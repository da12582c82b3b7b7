import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FAILURES } from '../../server/core/errors.ts';
import type { NativeVectorIndex } from '../../server/ann/binding.ts';
import { tempFolder } from '../support/temp-file.ts';
import { KINDS, VectorIndex, addon } from './vector-support.ts';

/** Runs what must fail, and checks code and message; the code is one callers are told about. */
function refused(code: keyof typeof FAILURES, message: RegExp, call: () => unknown): void {
  assert.throws(call, (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return error instanceof Error;
  });
}
const any = (value: unknown) => value as never;
const u32 = (...values: number[]) => Uint32Array.from(values);
const f32 = (...values: number[]) => Float32Array.from(values);

function transferred<T extends ArrayBufferView<ArrayBuffer>>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

suite('A wrong argument of VectorIndex is refused with what was expected', () => {
  test('options', () => {
    const make = (options: unknown) => () => new VectorIndex(any(options));
    const good = { kind: 'exact', metric: 'ip', dim: 4 };

    refused('bad_argument', /^kind must be a string, it is undefined/, make(undefined));
    refused('bad_argument', /^options must be an object, it is null/, make(null));
    refused('bad_argument', /^kind must be one of exact, graph, it is 'tree'/, make({ ...good, kind: 'tree' }));
    refused('bad_argument', /^metric must be one of ip, cosine, l2/, make({ ...good, metric: 'hamming' }));
    for (const dim of [0, 4097, 1.5, NaN, '4', undefined, null, {}, 4n, Symbol('4'), -1]) {
      refused('bad_argument', /^dim must be an integer in 1\.\.4096, it is /, make({ ...good, dim }));
    }
    refused('bad_argument', /^keep must be one of f32, bf16, i16/, make({ ...good, keep: 'f16' }));
    refused('bad_argument', /^threads must be an integer in 1\.\.256/, make({ ...good, threads: 0 }));
    for (const degree of [3, 257, '']) {
      refused('bad_argument', /^degree must be an integer in 4\.\.256/, make({ ...good, degree }));
    }
    refused('bad_argument', /^buildBeam must be an integer in 8\.\.4096/, make({ ...good, buildBeam: 0 }));
    refused('unsupported', /^isa 'mmx' does not run here; this machine has .*scalar$/, make({ ...good, isa: 'mmx' }));
    refused('bad_argument', /^isa must be a string/, make({ ...good, isa: 3 }));
    assert.throws(() => (VectorIndex as unknown as (options: object) => void)(good), TypeError); // without `new`
  });

  for (const kind of KINDS) {
    test(`add, ${kind}: all or nothing`, () => {
      const index = new VectorIndex({ kind, metric: 'ip', dim: 2 });
      const add = (ids: unknown, vectors: unknown) => () => index.add(any(ids), any(vectors));

      refused('bad_argument', /^ids must be a Uint32Array, it is an Int32Array/, add(Int32Array.of(1), f32(1, 2)));
      refused('bad_argument', /^ids must be a Uint32Array, it is an array/, add([1], f32(1, 2)));
      const doubles = Float64Array.of(1, 2);
      refused('bad_argument', /^vectors must be a Float32Array, it is a Float64Array/, add(u32(1), doubles));
      refused('bad_argument', /^vectors must be a Float32Array, it is undefined/, add(u32(1), undefined));
      const three = f32(1, 2, 3);
      refused('bad_argument', /^vectors must hold 2 floats for each of the 2 ids, it holds 3/, add(u32(1, 2), three));
      refused('bad_argument', /^id 1 is 2\^32-1/, add(u32(1, 0xffff_ffff), f32(1, 2, 3, 4)));
      const holed = f32(1, 2, NaN, 4);
      refused('bad_argument', /^vector 1 holds nan at 0; every value must be finite/, add(u32(1, 2), holed));
      refused('bad_argument', /^vector 0 holds -inf at 1/, add(u32(1), f32(1, -Infinity)));
      refused('bad_argument', /^vector 0 is longer than 1e18/, add(u32(1), f32(3e38, 1)));
      refused('bad_argument', /^onProgress must be a function/, () =>
        index.add(u32(1), f32(1, 2), any({ onProgress: 1 })));
      refused('bad_argument', /^ids has lost its memory/, add(transferred(u32(1)), f32(1, 2)));
      refused('bad_argument', /^vectors has lost its memory/, add(u32(), transferred(f32(1, 2))));

      assert.equal(index.size, 0);
      index.add(u32(), f32()); // nothing is fine
      refused('bad_argument', /^ids must be a Uint32Array/, () => index.remove(any([1])));
      for (const id of [-1, 0xffff_ffff, 0.5, '1']) {
        refused('bad_argument', /^id must be an integer in 0\.\.4294967294/, () => index.has(any(id)));
        refused('bad_argument', /^id must be an integer/, () => index.get(any(id), f32(0, 0)));
      }
      refused('bad_argument', /^into must hold 2 floats, it holds 3/, () => index.get(1, f32(0, 0, 0)));
    });

    test(`search, ${kind}: nothing is written`, async () => {
      const index = new VectorIndex({ kind, metric: 'ip', dim: 2 });
      index.add(u32(1, 2), f32(1, 2, 3, 4));
      const ids = u32(7, 7);
      const scores = f32(7, 7);
      const shared = new ArrayBuffer(12);
      const wrong: [RegExp, unknown[]][] = [
        [/^queries must be a Float32Array, it is an array/, [[1, 2], 2, ids, scores]],
        [/^queries must hold a multiple of 2 floats, at least one, it holds 3/, [f32(1, 2, 3), 2, ids, scores]],
        [/^queries must hold a multiple of 2 floats, at least one, it holds 0/, [f32(), 2, ids, scores]],
        [/^query 0 holds nan at 1/, [f32(1, NaN), 2, ids, scores]],
        [/^query 0 is longer than 1e18/, [f32(1e19, 1), 2, ids, scores]],
        [/^ids must hold k = 2 places for each of the 1 queries, it holds 1/, [f32(1, 2), 2, u32(7), scores]],
        [/^scores must hold k = 2 places for each of the 2 queries, it holds 2/, [f32(1, 2, 3, 4), 2, u32(1, 2, 3, 4),
          scores]],
        [/^ids must be a Uint32Array, it is a Float32Array/, [f32(1, 2), 2, scores, scores]],
        [/^options must be an object, it is 3/, [f32(1, 2), 2, ids, scores, 3]],
        [/^allow must be a Uint32Array or a Bitmap, it is a Uint8Array/,
          [f32(1, 2), 2, ids, scores, { allow: new Uint8Array(4) }]],
        [/^allow must be a Uint32Array or a Bitmap, it is null/, [f32(1, 2), 2, ids, scores, { allow: null }]],
        [/^queries, ids and scores must not share memory/,
          [f32(1, 2), 2, new Uint32Array(shared, 0, 2), new Float32Array(shared, 4, 2)]],
        [/^queries, ids and scores must not share memory/,
          [new Float32Array(shared, 0, 2), 2, ids, new Float32Array(shared, 0, 2)]],
        [/^queries has lost its memory/, [transferred(f32(1, 2)), 2, ids, scores]],
        [/^ids has lost its memory/, [f32(1, 2), 2, transferred(u32(0, 0)), scores]],
      ];
      for (const k of [0, 65_536, 1.5, NaN, '2', undefined, -1]) {
        wrong.push([/^k must be an integer in 1\.\.65535, it is /, [f32(1, 2), k, ids, scores]]);
      }
      for (const beam of [0, 65_536, 'wide']) {
        wrong.push([/^beam must be an integer in 1\.\.65535, it is /, [f32(1, 2), 2, ids, scores, { beam }]]);
      }

      for (const [message, call] of wrong) {
        refused('bad_argument', message, () => index.search(...(call as Parameters<NativeVectorIndex['search']>)));
        await assert.rejects(
          async () => index.searchAsync(...(call as Parameters<NativeVectorIndex['search']>)),
          (error: Error & { code?: string }) => error.code === 'bad_argument' && message.test(error.message),
        );
      }
      assert.deepEqual([[...ids], [...scores]], [[7, 7], [7, 7]]);
    });
  }

  test('arrays that lose their memory during searchAsync cost only their own search', async () => {
    const index = new VectorIndex({ kind: 'exact', metric: 'ip', dim: 2 });
    index.add(u32(1), f32(1, 2));
    const ids = u32(0);

    const done = index.searchAsync(f32(1, 2), 1, ids, f32(0));
    transferred(ids);

    await assert.rejects(done, { code: 'bad_argument', message: /^ids has lost its memory/ });
  });

  test('a closed index says so, and closing twice is fine', async () => {
    const index = new VectorIndex({ kind: 'graph', metric: 'ip', dim: 2 });
    const { token } = index;
    const guest = VectorIndex.attach(token);
    guest.add(u32(3), f32(1, 1));

    index.close();
    index.close();

    const uses = [
      () => index.size, () => index.bytes, () => index.kind, () => index.dim, () => index.metric, () => index.token,
      () => index.add(u32(), f32()), () => index.remove(u32()), () => index.has(1), () => index.get(1, f32(0, 0)),
      () => index.note, () => index.search(f32(1, 2), 1, u32(0), f32(0)),
      () => index.save('anywhere'), () => index.refine(1),
    ];
    for (const use of uses) refused('bad_argument', /^the index is closed/, use);
    const searched = index.searchAsync(f32(1, 2), 1, u32(0), f32(0)); // does not throw here
    await assert.rejects(searched, { code: 'bad_argument', message: 'the index is closed' });
    refused('bad_argument', /^token \d+ names no open index of this process/, () => VectorIndex.attach(token));
    assert.equal(guest.size, 1); // who attached in time may go on
    guest.close();
  });

  test('attach', () => {
    refused('bad_argument', /^token must be a bigint, it is 1/, () => VectorIndex.attach(any(1)));
    refused('bad_argument', /^token must be a bigint in 0\.\.2\^64-1/, () => VectorIndex.attach(-1n));
    refused('bad_argument', /names no open index/, () => VectorIndex.attach(1n << 60n));
    const { attach, open } = VectorIndex; // they need no `this`
    refused('bad_argument', /names no open index/, () => attach(0n));
    refused('storage', /No such file/, () => open('no/such/file'));
  });

  test('paths', () => {
    const folder = tempFolder();
    const index = new VectorIndex({ kind: 'exact', metric: 'ip', dim: 2 });
    mkdirSync(join(folder, 'taken'));

    refused('storage', /cannot create .*No such file or directory/, () => index.save(join(folder, 'no/such/folder')));
    refused('storage', /taken is not a regular file$/, () => index.save(join(folder, 'taken')));
    refused('bad_argument', /^path must be a string, it is undefined/, () => index.save(any(undefined)));
    refused('bad_argument', /^note must be a Uint8Array, it is a string/, () =>
      index.save(join(folder, 'a'), any({ note: 'text' })));
    refused('bad_argument', /^path must not be empty/, () => index.save(''));
    refused('bad_argument', /^path must not hold a zero character/, () => index.save('a\0b'));
    refused('storage', /is not a regular file/, () => VectorIndex.open(folder));
    refused('bad_argument', /^mode must be one of map, load, it is 'read'/, () =>
      VectorIndex.open(folder, any({ mode: 'read' })));
    refused('bad_argument', /^count must be an integer in 0\.\./, () => index.refine(-1));
    refused('bad_argument', /^path must be a string, it is 5/, () => VectorIndex.open(any(5)));
    assert.deepEqual(readdirSync(folder), ['taken']); // nothing half-written is left
  });

  test('a method on a stranger is an error, not a crash', () => {
    const index = new VectorIndex({ kind: 'exact', metric: 'ip', dim: 2 });

    assert.throws(() => index.add.call(any({}), u32(), f32()));
    const stranger = any(new addon.SessionIndex());
    assert.throws(() => index.add.call(stranger, u32(), f32()));
    for (const name of ['kind', 'dim', 'metric', 'size', 'bytes', 'token', 'note']) {
      const getter = Object.getOwnPropertyDescriptor(VectorIndex.prototype, name)?.get;
      refused('bad_argument', /^this is not a VectorIndex/, () => getter?.call(stranger));
    }
  });
});
