/** `vitrine index …`: the vector index by itself, from files of vectors. */
import { usage as buildUsage, run as build } from './build-command.ts';
import { usage as checkUsage, run as check } from './check-command.ts';
import { usage as searchUsage, run as search } from './search-command.ts';
import { usage as statsUsage, run as stats } from './stats-command.ts';

const ACTIONS: Readonly<Record<string, (args: string[]) => Promise<number>>> = { build, search, stats, check };

export const usage = [
  'vitrine index ACTION …',
  '',
  [buildUsage, searchUsage, statsUsage, checkUsage].join('\n\n'),
  '',
  'VECTORS and QUERIES are .fvecs, .npy (float16, float32) or .jsonl ({"id": …, "vector": […]}),',
  'each also as .gz. Rows without an id are called by their number, from 0.',
].join('\n');

/** Returns the exit code: 0, 1 where a check found something, 2 for a wrong call. */
export async function run(args: string[]): Promise<number> {
  const [name = '', ...rest] = args;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) {
    console.error(usage);
    return 2;
  }
  return action(rest);
}
