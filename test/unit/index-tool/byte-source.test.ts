import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ByteSource } from '../../../server/index-tool/byte-source.ts';

/** The bytes as a stream that breaks at the given places. */
async function* broken(bytes: Buffer, places: readonly number[]): AsyncGenerator<Buffer> {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < cuts.length; i += 1) yield bytes.subarray(cuts[i - 1], cuts[i]);
}

const content = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const places = fc.array(fc.nat(), { maxLength: 8 });

suite('Bytes of a stream', () => {
  test('come in the numbers asked for, wherever the stream breaks', async () => {
    await fc.assert(
      fc.asyncProperty(content, places, fc.integer({ min: 1, max: 50 }), async (bytes, cuts, count) => {
        const source = new ByteSource(broken(bytes, cuts));
        for (let at = 0; at <= bytes.length; at += count) {
          assert.deepEqual(Buffer.from(await source.take(count)), bytes.subarray(at, at + count));
        }
        assert.equal((await source.take(1)).length, 0);
      }),
    );
  });

  test('come in lines, wherever the stream breaks', async () => {
    const lines = fc.array(fc.stringMatching(/^[a-z ]*$/), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lines, places, fc.boolean(), async (all, cuts, ended) => {
        const text = all.join('\n') + (ended && all.length > 0 ? '\n' : '');
        const source = new ByteSource(broken(Buffer.from(text), cuts));
        const got: string[] = [];
        for (let line = await source.line(1000); line; line = await source.line(1000)) got.push(line.toString());
        const want = text.split('\n');
        if (want.at(-1) === '') want.pop(); // an end of a line begins no other

        assert.deepEqual(got, want);
      }),
    );
  });
});
