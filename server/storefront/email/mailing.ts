import { createReadStream } from 'node:fs';
import { open, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { ServeError } from '../../core/errors.ts';
import type { Store } from '../../store/store.ts';
import { mayTeach } from '../../wire/schema.ts';
import type { BatchAnswer } from '../../wire/schema.ts';

/** Answers of some customers, in their order. */
export type AskBatch = (customers: readonly string[]) => Promise<readonly BatchAnswer[]>;

export interface Mailing {
  readonly out: string; // JSON lines, one customer each
  readonly ask: AskBatch;
  readonly batch: number; // customers in one question
  readonly inFlight: number; // questions at a time
  /** Told after each batch how many customers are written, those of an earlier run among them. */
  readonly progress: (done: number) => void;
}

/**
 * Writes an answer for each customer, in their order, beside the file, which takes its name when it is
 * whole. A run that was cut off goes on where it ended, if the customers are the same up to there.
 * Memory holds `inFlight` batches. Resolves to how many were written now.
 */
export async function writeMailing(
  customers: AsyncIterable<string> | Iterable<string>, mailing: Mailing,
): Promise<number> {
  const { out, ask, batch, inFlight, progress } = mailing;
  const part = `${out}.part`;
  const before = await wholeLines(part);
  const file = await open(part, 'a');
  let at = 0; // of the customers
  let written = 0;
  const asked: Promise<readonly BatchAnswer[]>[] = [];
  const flush = async (): Promise<void> => {
    const answers = await (asked.shift() as Promise<readonly BatchAnswer[]>);
    await append(file, answers);
    written += answers.length;
    progress(before.count + written);
  };
  try {
    await file.truncate(before.bytes);
    let next: string[] = [];
    for await (const customer of customers) {
      at += 1;
      if (at <= before.count) {
        if (at === before.count && customer !== before.last) throw otherCustomers(part, before.last, customer);
        continue;
      }
      next.push(customer);
      if (next.length < batch) continue;
      if (asked.length >= inFlight) await flush();
      asked.push(asking(ask, next));
      next = [];
    }
    if (at < before.count) throw otherCustomers(part, before.last, 'nobody');
    if (next.length > 0) asked.push(asking(ask, next));
    while (asked.length > 0) await flush();
    await file.sync();
  } finally {
    await Promise.allSettled(asked);
    const { size } = await file.stat();
    await file.close();
    if (size === 0) await rm(part); // nothing to go on with
  }
  if (before.count + written === 0) await writeFile(part, '');
  await rename(part, out);
  return written;
}

/** Customers that a store's log names with consent, each once, in order of their first event. */
export function* customersOf(store: Pick<Store, 'events'>): Iterable<string> {
  const seen = new Set<string>();
  for (const { event } of store.events()) {
    const { customer } = event;
    if (customer === undefined || seen.has(customer) || !mayTeach(event)) continue;
    seen.add(customer);
    yield customer;
  }
}

/** Ids of a file, one a line, each once; empty lines are none. */
export async function* customersIn(path: string): AsyncIterable<string> {
  const seen = new Set<string>();
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const id = line.trim();
    if (id === '' || seen.has(id)) continue;
    seen.add(id);
    yield id;
  }
}

/** Its failure is told when its turn comes; until then nobody else is to hear of it. */
function asking(ask: AskBatch, customers: readonly string[]): Promise<readonly BatchAnswer[]> {
  const answers = ask(customers);
  answers.catch(() => {});
  return answers;
}

async function append(file: FileHandle, answers: readonly BatchAnswer[]): Promise<void> {
  await file.appendFile(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
}

interface Before {
  readonly count: number; // lines that are whole,
  readonly bytes: number; // and how long they are together
  readonly last: string; // customer of the last of them
}

async function wholeLines(path: string): Promise<Before> {
  if (!(await stat(path).catch(() => null))) return { count: 0, bytes: 0, last: '' };
  let [count, bytes, all, last] = [0, 0, 0, ''];
  let line: Buffer[] = [];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      last = Buffer.concat([...line, chunk.subarray(from, end)]).toString();
      line = [];
      count += 1;
      from = end + 1;
      bytes = all + from;
    }
    line.push(chunk.subarray(from));
    all += chunk.length;
  }
  if (count === 0) {
    await rm(path);
    return { count, bytes, last };
  }
  return { count, bytes, last: customerOf(last, path) };
}

function customerOf(line: string, path: string): string {
  try {
    return (JSON.parse(line) as BatchAnswer).customer;
  } catch (cause) {
    throw new ServeError('bad_argument', `${path} is no mailing that was cut off: remove it`, { cause });
  }
}

function otherCustomers(path: string, last: string, now: string): ServeError {
  const why = `ends with customer '${last}', where there is '${now}' now`;
  return new ServeError('bad_argument', `${path} is of other customers (it ${why}): remove it to begin anew`);
}
