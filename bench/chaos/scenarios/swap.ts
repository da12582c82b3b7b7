import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { finding, type Scenario } from '../scenario.ts';
import { unharmed } from '../witness.ts';
import { ask, CALM } from '../world.ts';

/** The model that the bystanders ask is loaded anew, again and again; every third time it is broken. */
export const swap: Scenario = {
  name: 'model swaps under load',
  expects: 'no request fails while its model is replaced; a version that does not open is refused ' +
    'and the old one serves on',
  inside: true,
  async run({ url, witness, own, seconds, patienceMs }) {
    const file = join((own as NonNullable<typeof own>).folder, 'models', CALM, '1/model.plain.json');
    const version = (bias: number) => JSON.stringify({
      layers: [{ type: 'dense', inputs: 1, units: 1, weight: [2], bias: [bias] }],
    });
    const load = () => fetch(`${url}/v2/repository/models/${CALM}/load`, { method: 'POST', body: '{}' });
    const { came, told } = await witness.during(async () => {
      const endMs = performance.now() + seconds * 1000;
      let swaps = 0;
      let taken = 0;
      let refused = 0;
      let broken = 0;
      for (let turn = 1; performance.now() < endMs || turn <= 3; turn += 1) {
        const breaks = turn % 3 === 0;
        writeFileSync(file, breaks ? '{"layers": [' : version(turn));
        const { status } = await load();
        if (breaks) {
          broken += 1;
          if (status >= 400) refused += 1;
        } else {
          swaps += 1;
          if (status === 200 && (await ask(url, CALM, 0)) === turn) taken += 1;
        }
        await sleep(100);
      }
      writeFileSync(file, version(0));
      await load();
      return { swaps, taken, broken, refused };
    });
    return finding([
      [came.taken === came.swaps, `${came.taken} of ${came.swaps} swaps were served at once`],
      [came.refused === came.broken, `${came.refused} of ${came.broken} broken files were refused`],
      unharmed(told, patienceMs),
    ]);
  },
};
