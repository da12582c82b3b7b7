/** `vitrine index stats INDEX`: what an index file holds. */
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { oneOf, openIndex, paths, readNames } from './arguments.ts';
import { readHead } from './index-head.ts';

export const usage = [
  'vitrine index stats INDEX [--format text]',
  '  --format   text (default) or json',
].join('\n');

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { format: { type: 'string' } },
  });
  const [path = ''] = paths(positionals, ['INDEX']);
  const format = oneOf('format', values.format, ['text', 'json']);
  const stats = statsOf(path);
  const width = Math.max(...Object.keys(stats).map((name) => name.length));
  const lines = Object.entries(stats).map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  console.log(format === 'json' ? JSON.stringify(stats) : lines.join('\n'));
  return 0;
}

/** By name, in the order they are printed. Opening the index has verified its checksums. */
export function statsOf(path: string): Record<string, string | number> {
  const { version, checksum } = readHead(path);
  const index = openIndex(path);
  try {
    const { kind, metric, dim, size, bytes } = index;
    const ids = readNames(index, path) ? 'keys' : 'row numbers';
    const each = size === 0 ? 0 : Math.round(bytes / size);
    const fileBytes = statSync(path).size;
    return { kind, metric, dim, size, ids, bytes, bytesPerVector: each, fileBytes, version, checksum };
  } finally {
    index.close();
  }
}
