import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../../server/core/prng.ts';
import { runEncoder } from '../../../../server/storefront/retrieval/encoder-run.ts';
import { tempFolder } from '../../../support/temp-file.ts';
import { writeEncoder } from '../../../support/write-encoder.ts';

suite('Running the encoder over past sessions', () => {
  test('every session gets its own vector, over batches; unknown items give none', async () => {
    const repository = tempFolder();
    const ids = ['a', 'b', 'c'];
    const { dim, vectors } = writeEncoder(repository, ids, new Prng(3));
    const sessions = [
      ['a'], ['b'], ['nobody knows'], ['c', 'unknown'], ['a', 'b'], [], ['c'], ['b', 'b', 'a'],
    ];

    const answers = await runEncoder(repository, sessions);

    assert.equal(answers?.length, sessions.length);
    sessions.forEach((session, at) => {
      const rows = session.map((id) => ids.indexOf(id)).filter((row) => row >= 0);
      const answer = answers?.[at];
      if (rows.length === 0) return assert.equal(answer, null);
      for (let d = 0; d < dim; d += 1) {
        const values = rows.map((row) => vectors[row * dim + d] as number);
        const mean = values.reduce((a, b) => a + b) / rows.length;
        assert.ok(Math.abs((answer?.[d] as number) - mean) < 1e-5, `session ${at}`);
      }
    });
  });

  test('a repository without an encoder has nothing to say', async () => {
    assert.equal(await runEncoder(tempFolder(), [['a']]), null);
  });
});
