/**
 * A search that a test kills: `node search-process.js JOURNAL STRATEGY`. Says each trial on a line,
 * waits for a moment in each, and ends with the result.
 */
import { hyperband } from '../../models/learn/search/hyperband.ts';
import { search } from '../../models/learn/search/search.ts';
import { tpe } from '../../models/learn/search/tpe.ts';
import { hartmann6 } from './search-functions.ts';

const [journal, strategy, pauseMs] = process.argv.slice(2) as [string, string, string];
const found = await search(
  hartmann6.space, strategy === 'tpe' ? tpe(40) : hyperband(27),
  async (point, budget) => {
    await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
    console.log('trial');
    return hartmann6.at(point) + (1 - budget);
  },
  { seed: 7, journal },
);
console.log(JSON.stringify({ point: found.point, loss: found.loss, trials: found.trials }));
