/** Builds a program of native/test/ with a sanitizer and runs it. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const compiler = process.env.CXX ?? 'c++';

/** A test for each sanitizer: `program` with all of `native/ROOM`, run with `rounds`, says `says`. */
export function cleanUnderSanitizers(room: string, program: string, rounds: number, says: RegExp): void {
  for (const sanitizer of ['address,undefined', 'thread']) {
    test(`it is clean under -fsanitize=${sanitizer}`, (context) => {
      const folder = mkdtempSync(join(tmpdir(), 'vitrine-stress-'));
      try {
        if (!canSanitize(sanitizer, folder)) {
          context.skip(`${compiler} cannot link -fsanitize=${sanitizer} here`);
          return;
        }
        const out = join(folder, 'stress');
        const sources = readdirSync(join(root, 'native', room))
          .filter((name) => name.endsWith('.cc'))
          .map((name) => `native/${room}/${name}`);
        compile([...flags(sanitizer), '-Inative', `native/test/${program}`, ...sources], out);

        const ran = spawnSync(out, [String(rounds)], { encoding: 'utf8', timeout: 120_000 });

        assert.equal(ran.status, 0, `${ran.signal ?? ''} ${ran.stderr.slice(0, 4000)}`);
        assert.match(ran.stdout, says);
        context.diagnostic(ran.stdout.trim());
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
}

function flags(sanitizer: string): string[] {
  return ['-std=c++20', '-O1', '-pthread', `-fsanitize=${sanitizer}`, '-fno-sanitize-recover=all'];
}

function compile(words: readonly string[], out: string): void {
  execFileSync(compiler, [...words, '-o', out], { cwd: root, stdio: ['pipe', 'ignore', 'pipe'] });
}

/** The sanitizer's library is a package of its own on some systems. */
function canSanitize(sanitizer: string, folder: string): boolean {
  const out = join(folder, 'probe');
  const probe = spawnSync(compiler, [...flags(sanitizer), '-x', 'c++', '-', '-o', out], {
    input: 'int main() { return 0; }',
  });
  return probe.status === 0 && spawnSync(out).status === 0;
}
