import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { gzipSync } from 'node:zlib';

/** Writes a file for this test file's run; packed where its name ends in `.gz`, unless `pack` says no. */
export function tempFile(name: string, text: string | Buffer, pack = name.endsWith('.gz')): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, pack ? gzipSync(text) : text);
  return path;
}

/** An empty folder that goes away with the run. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
