// Runs every built test file with node:test and closes with 'N passed, N failed, N skipped'.
//   npm test [-- PATTERN]      only files whose path holds PATTERN
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'dist/test');
const pattern = process.argv[2] ?? '';
const files = readdirSync(built, { recursive: true })
  .map((name) => join(built, name))
  .filter((path) => path.endsWith('.test.js') && relative(built, path).includes(pattern))
  .sort();
if (files.length === 0) {
  console.error(`no test file holds '${pattern}'`);
  process.exit(1);
}
process.chdir(root);

const counts = { passed: 0, failed: 0, skipped: 0 };
const stream = run({ files, concurrency: availableParallelism(), timeout: 600_000 });
const leaf = (data) => data.details?.type !== 'suite' && !files.includes(data.name);
stream.on('test:pass', (data) => {
  if (!leaf(data)) return;
  if (data.skip === undefined && data.todo === undefined) counts.passed += 1;
  else counts.skipped += 1;
});
stream.on('test:fail', (data) => {
  // A file that fails to load is reported under its own name; it counts as one failure.
  if (data.details?.type !== 'suite') counts.failed += 1;
});
stream.compose(spec).pipe(process.stdout);
stream.on('end', () => {
  // After the reporter has had its say.
  setImmediate(() => {
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
  });
});
