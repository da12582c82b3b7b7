import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tempFolder } from '../support/temp-file.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const STRESS_SECONDS = 3;
const SANITIZERS = ['address,undefined', 'thread'];

interface Ran {
  readonly code: number | string;
  readonly said: string;
}

/**
 * The core, with native/test/vector_*.cc and recommend_stress.cc, built with gcc's or clang's
 * sanitizers and run. Objects are kept in build/, so only what changed is compiled again.
 */
suite('The native core', () => {
  for (const sanitizer of SANITIZERS) {
    test(`several threads at once find nothing wrong under -fsanitize=${sanitizer}`, async (context) => {
      const folder = join(root, 'build', `test-${sanitizer.replace(',', '-')}`);
      mkdirSync(folder, { recursive: true });
      const reason = await missing(sanitizer, folder);
      if (reason) return context.skip(`no sanitizer '${sanitizer}' here: ${reason}`);

      const program = await build(sanitizer, folder);
      const { code, said } = await run(program, [tempFolder(), String(STRESS_SECONDS)]);

      context.diagnostic(said.trim());
      assert.equal(code, 0, said);
    });
  }
});

/** Why a program with the sanitizer can't be built or run on this machine; '' when it can. */
async function missing(sanitizer: string, folder: string): Promise<string> {
  const source = join(folder, 'probe.cc');
  writeFileSync(source, 'int main() {}\n');
  const built = await run(compiler, [`-fsanitize=${sanitizer}`, source, '-o', join(folder, 'probe')]);
  if (built.code !== 0) return built.said;
  const ran = await run(join(folder, 'probe'), []);
  return ran.code === 0 ? '' : ran.said;
}

async function build(sanitizer: string, folder: string): Promise<string> {
  const { targets } = JSON.parse(readFileSync(join(root, 'binding.gyp'), 'utf8')) as {
    targets: [{ sources: string[]; cflags_cc: string[] }];
  };
  const own = targets[0].sources.filter((path) => /^native\/(core|distance|index|recommend|session)\//.test(path));
  const programs = ['vector_check', 'vector_main', 'vector_stress', 'vector_walk', 'recommend_stress'];
  const sources = [...own, ...programs.map((name) => `native/test/${name}.cc`)];
  const flags = [
    ...targets[0].cflags_cc.filter((flag) => flag !== '-O3'),
    '-O1', '-g', '-pthread', `-fsanitize=${sanitizer}`, '-fno-sanitize-recover=all', '-fno-omit-frame-pointer',
    `-I${join(root, 'native')}`,
  ];
  const newestHeaderMs = newestMs(join(root, 'native'), (name) => name.endsWith('.h'));
  const queue = [...sources];
  const compileNext = async (): Promise<void> => {
    const source = queue.shift();
    if (!source) return;
    const object = objectOf(folder, source);
    const neededMs = Math.max(newestHeaderMs, statSync(join(root, source)).mtimeMs);
    if (!existsSync(object) || statSync(object).mtimeMs < neededMs) {
      const { code, said } = await run(compiler, [...flags, '-c', join(root, source), '-o', object]);
      assert.equal(code, 0, said);
    }
    return compileNext();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, compileNext));
  const program = join(folder, 'vitrine-native-test');
  const linked = await run(compiler, [...flags, ...sources.map((source) => objectOf(folder, source)), '-o', program]);
  assert.equal(linked.code, 0, linked.said);
  return program;
}

const compiler = process.env.CXX ?? 'c++';

function objectOf(folder: string, source: string): string {
  return join(folder, `${source.replaceAll('/', '_')}.o`);
}

function newestMs(folder: string, wanted: (name: string) => boolean): number {
  const names = readdirSync(folder, { recursive: true }).map(String).filter(wanted);
  return Math.max(...names.map((name) => statSync(join(folder, name)).mtimeMs));
}

function run(command: string, args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(command, args, { maxBuffer: 1 << 24 }, (error, out, err) => {
      const said = out + err + (error && !err ? error.message : '');
      resolve({ code: error ? (error.code ?? error.signal ?? 'killed') : 0, said });
    });
  });
}
