// A process that writes snapshots to argv[2] without end, each numbered by its head, after a list of
// numbers that are all its own. It says each number once that one is on disk. The parent kills it.
import { readSnapshot, writeSnapshot } from '../../server/storefront/snapshot-file.ts';

const path = process.argv[2] as string;
const found = await readSnapshot(path);
const first = found && typeof found !== 'string' ? (found.head['number'] as number) + 1 : 1;
for (let number = first; ; number++) {
  await writeSnapshot(path, { head: { number }, columns: { all: new Uint32Array(300_000).fill(number) } });
  process.send?.(number);
}
