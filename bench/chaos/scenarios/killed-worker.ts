import { finding, type Finding, type Scenario } from '../scenario.ts';
import { unharmed } from '../witness.ts';
import { ask, comes, TOLD, WILD } from '../world.ts';

const TIMES = 3;
const BACK_SECONDS = 10;

/** A model that ends its own thread, three times. */
export const killedWorker: Scenario = worker(
  'killed workers', TOLD.exit,
  'the request is told the worker was lost, another takes its place, and models elsewhere are not disturbed');

/** A model that never comes back, three times. */
export const hungWorker: Scenario = worker(
  'hung workers', TOLD.hang,
  'the request is told its run took too long, the worker is replaced, and models elsewhere are not disturbed');

function worker(name: string, order: number, expects: string): Scenario {
  return {
    name, expects, inside: true,
    async run({ url, witness, patienceMs }): Promise<Finding> {
      const { came, told } = await witness.during(async () => {
        const answers: (number | string)[] = [];
        let back = 0;
        for (let time = 0; time < TIMES; time += 1) {
          answers.push(await ask(url, WILD, order));
          if (await comes(BACK_SECONDS, async () => (await ask(url, WILD, 21)) === 42)) back += 1;
        }
        return { answers, back };
      });
      const typed = came.answers.filter((answer) => /^500 .*the worker was lost/.test(String(answer))).length;
      return finding([
        [typed === TIMES, `${typed} of ${TIMES} requests were told so (${came.answers[0]})`],
        [came.back === TIMES, `${came.back} of ${TIMES} times the model answered again`],
        unharmed(told, patienceMs),
      ]);
    },
  };
}
