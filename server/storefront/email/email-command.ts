import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { VitrineError } from '../../client/errors.ts';
import { connectNode } from '../../client/node.ts';
import type { BatchInput, VitrineClient } from '../../client/types.ts';
import { systemClock } from '../../core/clock.ts';
import { ServeError } from '../../core/errors.ts';
import { LmdbStore } from '../../store/lmdb-store.ts';
import { LIMITS } from '../../wire/schema.ts';
import { customersIn, customersOf, writeMailing } from './mailing.ts';

export const usage = [
  'vitrine email --out FILE.jsonl [--data DIR | --customers FILE] [--url URL] [--placement NAME]',
  '              [--k N] [--where EXPRESSION] [--language en|zh] [--batch N]',
  '  --out FILE         a line for each customer: {"customer", "attribution", "items", "degraded"};',
  '                     a run that was cut off goes on where it ended (FILE.part)',
  '  --data DIR         folder of the store (.vitrine): all customers of its log that gave consent',
  '  --customers FILE   these, one id a line',
  '  --url URL          of the running server that answers (ws://127.0.0.1:8080/ws)',
  '  --placement NAME   whose sources and rules hold (email)',
  '  --where EXPRESSION what items must be: server/storefront/language/README.md',
  '  --batch N          customers in one question, 1 to 200 (100)',
].join('\n');

const IN_FLIGHT = 2; // one is answered while the next is ready
const PROGRESS_EVERY = 10_000;
const CONNECT_US_MAX = 10e6;
const BATCH_MS_MAX = 60_000;

/** What to recommend to each customer of the shop, as lines of a file. */
export async function run(args: string[]): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = readArguments(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const client = connectNode(wanted.url);
  let store: LmdbStore | null = null;
  try {
    await answering(client, wanted.url);
    store = wanted.customers === undefined ? LmdbStore.openToRead(join(wanted.data, 'store')) : null;
    const startUs = systemClock.nowUs();
    let said = 0;
    const written = await writeMailing(store ? customersOf(store) : customersIn(wanted.customers as string), {
      out: wanted.out, batch: wanted.batch, inFlight: IN_FLIGHT,
      ask: async (customers) => {
        const timing = { timeoutMs: BATCH_MS_MAX, deadlineMs: BATCH_MS_MAX };
        return (await client.batch({ ...wanted.asked, customers }, timing)).answers;
      },
      progress: (done) => {
        if (done - said < PROGRESS_EVERY) return;
        said = done;
        console.error(`  ${done} customers`);
      },
    });
    const seconds = Math.max(1e-3, (systemClock.nowUs() - startUs) / 1e6);
    console.log(`${written} customers to ${wanted.out}, ${Math.round(written / seconds)} a second`);
    return 0;
  } catch (error) {
    if (!(error instanceof ServeError || error instanceof VitrineError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    return 1;
  } finally {
    client.close();
    await store?.close();
  }
}

interface Wanted {
  readonly out: string;
  readonly data: string;
  readonly customers: string | undefined;
  readonly url: string;
  readonly batch: number;
  readonly asked: Omit<BatchInput, 'customers'>;
}

function readArguments(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      out: { type: 'string' }, data: { type: 'string', default: '.vitrine' }, customers: { type: 'string' },
      url: { type: 'string', default: 'ws://127.0.0.1:8080/ws' }, placement: { type: 'string', default: 'email' },
      k: { type: 'string' }, where: { type: 'string' }, language: { type: 'string' },
      batch: { type: 'string', default: '100' },
    },
  });
  if (values.out === undefined) throw new Error('--out is missing');
  const { where, language } = values;
  if (language !== undefined && language !== 'en' && language !== 'zh') throw new Error('--language is en or zh');
  return {
    out: values.out, data: values.data, customers: values.customers, url: values.url,
    batch: whole('batch', values.batch, LIMITS.customersMax),
    asked: {
      placement: values.placement,
      ...(values.k !== undefined && { k: whole('k', values.k, LIMITS.kMax) }),
      ...(where !== undefined && { filter: { where } }),
      ...(language !== undefined && { language }),
    },
  };
}

function whole(name: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new Error(`--${name} is a whole number from 1 to ${most}, not '${text}'`);
}

/** Rejects when no server answers: the client itself would go on trying. */
function answering(client: VitrineClient, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = (): void =>
      reject(new ServeError('bad_argument', `no server answers at ${url}: start one first`));
    const cancel = systemClock.after(CONNECT_US_MAX, late);
    client.ready().then(resolve, reject).finally(cancel);
  });
}
