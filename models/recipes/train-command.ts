import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../server/config.ts';
import { systemClock } from '../../server/core/clock.ts';
import { ServeError } from '../../server/core/errors.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { EXIT_NOT_PROMOTED, EXIT_PROMOTED } from '../learn/promote.ts';
import { ownRepository, SHIPPED } from './own-repository.ts';
import { PARTS, trainStore, type Part, type TrainOptions } from './train-store.ts';

export const usage = [
  'vitrine train [--data DIR] [--only PARTS] [--epochs N] [--minutes N] [--seed N]',
  '  learns from the events in DIR/store and writes new model versions to DIR/models;',
  '  ends with 3 where the intent model does not beat its baselines and is not promoted',
  '  --data DIR     data folder (.vitrine)',
  `  --only PARTS   some of ${PARTS.join(',')}`,
  '  --epochs N     passes over the sessions at most (5)',
  '  --minutes N    time for the session encoder at most; the result then depends on the machine',
  '  --candidate    leaves config and card as they are: the new versions are not served yet',
  '  --seed N       of all chance (1)',
].join('\n');

export async function run(args: string[]): Promise<number> {
  const config = readConfig(process.env);
  let options: TrainOptions & { dataDir: string };
  try {
    options = parse(args, config.dataDir);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const folder = join(options.dataDir, 'store');
  if (!existsSync(folder)) {
    console.error(`there is no '${folder}': start the server or import something first`);
    return 1;
  }
  const repository = join(options.dataDir, 'models');
  const stop = (): void => {
    console.error(`\nstopped: every model in ${repository} is whole, new or as it was`);
    process.exit(130); // versions are renamed into place, so there is nothing to undo
  };
  process.once('SIGINT', stop);
  let store: LmdbStore | null = null;
  try {
    store = LmdbStore.openToRead(folder); // a server may have it open
    ownRepository(options.dataDir); // what is not learned here goes on as shipped
    const { refused } = await trainStore(store, repository, SHIPPED, {
      ...options, sessionMinutesMax: config.sessionMinutesMax,
    }, systemClock, (line) => console.log(line));
    return refused ? EXIT_NOT_PROMOTED : EXIT_PROMOTED;
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    process.off('SIGINT', stop);
    await store?.close();
  }
}

function parse(args: string[], dataDir: string): TrainOptions & { dataDir: string } {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', default: dataDir },
      only: { type: 'string', default: PARTS.join(',') },
      epochs: { type: 'string', default: '5' },
      minutes: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      candidate: { type: 'boolean', default: false },
    },
  });
  const only = values.only.split(',').map((name): Part => {
    const part = PARTS.find((each) => each === name);
    if (!part) throw new RangeError(`--only: '${name}' is none of ${PARTS.join(', ')}`);
    return part;
  });
  const minutes = number('--minutes', values.minutes, 0, 10_000);
  return {
    dataDir: values.data,
    candidate: values.candidate,
    only,
    epochs: number('--epochs', values.epochs, 1, 1000),
    seed: number('--seed', values.seed, 0, 0x7fff_ffff),
    minutesMax: minutes === 0 ? Infinity : minutes,
  };
}

function number(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name} '${text}' is not a whole number in ${min}..${max}`);
}
