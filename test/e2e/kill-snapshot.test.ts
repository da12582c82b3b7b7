import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Prng } from '../../server/core/prng.ts';
import { readSnapshot } from '../../server/storefront/snapshot-file.ts';
import { tempFolder } from '../support/temp-file.ts';

const ROUNDS = 12;
const SEED = 7;
const script = fileURLToPath(new URL('../support/snapshot-process.js', import.meta.url));

suite('kill -9 while a snapshot is written', () => {
  test('leaves the one before or the new one, whole', async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const prng = new Prng(SEED);
    const path = join(tempFolder(), 'shop.snapshot');
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = fork(script, [path]);
      let said = 0;
      child.on('message', (number) => { said = number as number; });
      for (let written = 1 + prng.below(3); written > 0; written -= 1) await once(child, 'message');
      await new Promise((resolve) => setTimeout(resolve, prng.below(8))); // somewhere in the next one
      child.kill('SIGKILL');
      await once(child, 'exit');

      const found = await readSnapshot(path);
      assert.ok(found !== null && typeof found !== 'string', `round ${round}: ${String(found)}`);
      const number = found.head['number'] as number;
      assert.ok(number >= said, `${number} is there, ${said} was said`);
      assert.ok((found.columns['all'] as Uint32Array).every((one) => one === number));
    }
  });
});
