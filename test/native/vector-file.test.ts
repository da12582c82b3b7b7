import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Prng } from '../../server/core/prng.ts';
import { tempFolder } from '../support/temp-file.ts';
import { KINDS, METRICS, VectorIndex, idsFrom, search, type Kind, type Metric } from './vector-support.ts';

const DIM = 12;

/** An index that has lived: vectors added, replaced, removed, added again. */
function lived(kind: Kind, metric: Metric, count: number) {
  const prng = new Prng(31);
  const index = new VectorIndex({ kind, dim: DIM, metric, degree: 12, buildBeam: 30 });
  index.add(idsFrom(0, count), prng.row(DIM * count));
  index.remove(idsFrom(0, count).filter((id) => id % 4 === 1));
  index.add(idsFrom(count / 2, count), prng.row(DIM * count));
  return { prng, index };
}

suite('An index file', () => {
  const folder = tempFolder();
  const path = join(folder, 'index');

  for (const kind of KINDS) {
    for (const [metric, mode] of METRICS.flatMap((name) => [[name, 'map'], [name, 'load']] as const)) {
      test(`${kind}, ${metric}, ${mode}: it answers bit for bit as what was saved`, () => {
        const { prng, index } = lived(kind, metric, 1000);
        const queries = prng.row(DIM * 60);
        index.save(path);

        const opened = VectorIndex.open(path, { mode });

        assert.deepEqual([opened.kind, opened.dim, opened.metric, opened.size], [kind, DIM, metric, index.size]);
        assert.deepEqual(search(opened, queries, 10, { beam: 20 }), search(index, queries, 10, { beam: 20 }));
        const into = [new Float32Array(DIM), new Float32Array(DIM)] as const;
        for (const id of [0, 500, 1499]) {
          assert.equal(opened.get(id, into[0]), index.get(id, into[1]));
          assert.deepEqual(into[0], into[1]);
        }
        // It lives on: what is added to both is found in both.
        const more = prng.row(DIM * 50);
        for (const each of [index, opened]) each.add(idsFrom(9000, 50), more);
        for (const each of [index, opened]) each.remove(idsFrom(0, 700));
        const all = (from: typeof index) => search(from, more, 10, { beam: 1000 });
        assert.deepEqual(all(opened), all(index));
      });
    }
  }

  test('an empty index is saved and opened', () => {
    for (const kind of KINDS) {
      new VectorIndex({ kind, dim: 3, metric: 'ip' }).save(path);

      const opened = VectorIndex.open(path, { isa: 'scalar' });

      assert.equal(opened.size, 0);
      opened.add(Uint32Array.of(1), Float32Array.of(1, 2, 3));
      assert.deepEqual([...search(opened, Float32Array.of(1, 0, 0), 1).ids], [1]);
    }
  });

  for (const kind of KINDS) {
    test(`${kind}: whichever bit is flipped, wherever it ends, it is refused`, () => {
      const prng = new Prng(77);
      lived(kind, 'ip', 80).index.save(path);
      const good = readFileSync(path);
      const broken = join(folder, 'broken');
      const refuse = (bytes: Uint8Array, what: string) => {
        writeFileSync(broken, bytes);
        assert.throws(() => VectorIndex.open(broken), (error: Error & { code?: string }) => {
          assert.ok(error.code === 'storage' || error.code === 'unsupported', `${what}: ${error.code}`);
          return error.message.includes(broken);
        }, what);
      };

      const places = [...idsFrom(0, 128 * 8), ...Array.from({ length: 400 }, () => prng.below(good.length * 8))];
      for (const bit of places) {
        const bytes = Uint8Array.from(good);
        bytes[bit >> 3]! ^= 1 << bit % 8;
        refuse(bytes, `bit ${bit}`);
      }
      const chance = Array.from({ length: 60 }, () => prng.below(good.length));
      const ends = [0, 1, 7, 8, 127, 128, 129, good.length - 1, ...chance];
      for (const end of ends) refuse(good.subarray(0, end), `${end} bytes`);
      refuse(Buffer.concat([good, Buffer.of(0)]), 'one byte more');
      writeFileSync(broken, good);
      assert.ok(VectorIndex.open(broken).size > 0);
    });
  }

  test('a foreign file, a newer version and a missing file each say what they are', () => {
    new VectorIndex({ kind: 'exact', dim: 3, metric: 'ip' }).save(path);
    const newer = readFileSync(path);
    newer.writeUInt32LE(5, 8);
    writeFileSync(path, newer);
    const foreign = join(folder, 'foreign');
    writeFileSync(foreign, 'id,name\n'.repeat(100));

    assert.throws(() => VectorIndex.open(path), {
      code: 'unsupported',
      message: /has format version 5; this build reads 4$/,
    });
    assert.throws(() => VectorIndex.open(foreign), { code: 'storage', message: /is not a vector index of Vitrine$/ });
    assert.throws(() => VectorIndex.open(join(folder, 'none')), { code: 'storage', message: /cannot open .*none/ });
  });

  for (const kind of KINDS) {
    test(`${kind}: a note of the caller's lies in the file, under its checksum`, () => {
      const { index } = lived(kind, 'ip', 100);
      const note = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
      assert.equal(index.note.length, 0);
      index.save(path, { note });

      for (const mode of ['map', 'load'] as const) {
        const opened = VectorIndex.open(path, { mode });
        assert.deepEqual(opened.note, note);
        opened.save(join(folder, 'again')); // kept
        opened.save(join(folder, 'none'), { note: new Uint8Array(0) });
        assert.deepEqual(VectorIndex.open(join(folder, 'again')).note, note);
        assert.equal(VectorIndex.open(join(folder, 'none')).note.length, 0);
      }
      const bytes = readFileSync(path);
      bytes[bytes.indexOf(note.subarray(1000, 1100))]! ^= 1;
      writeFileSync(path, bytes);
      assert.throws(() => VectorIndex.open(path), { code: 'storage', message: /does not match its checksum/ });
    });
  }

  test('a link is followed, to a file that is there or not yet; a pipe or a folder is refused', () => {
    const { index } = lived('exact', 'ip', 10);
    const [file, link, second] = ['linked-file', 'link', 'second'].map((name) => join(folder, name)) as
      [string, string, string];
    symlinkSync('linked-file', link);
    symlinkSync(link, second);
    for (let saves = 0; saves < 2; saves += 1) {
      index.save(second);
      assert.ok(lstatSync(file).isFile() && lstatSync(link).isSymbolicLink() && lstatSync(second).isSymbolicLink());
      assert.equal(VectorIndex.open(second).size, index.size);
    }
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const what of [pipe, folder]) {
      assert.throws(() => index.save(what), { code: 'storage', message: /is not a regular file$/ });
      assert.throws(() => VectorIndex.open(what), { code: 'storage', message: /is not a regular file$/ });
    }
    assert.ok(lstatSync(pipe).isFIFO());
  });

  test('a process that is killed in the middle of a save leaves a whole file, the old or the new', async () => {
    const killed = join(folder, 'killed');
    const source = `
      const { VectorIndex } = require(process.argv[1]);
      const index = new VectorIndex({ kind: 'graph', dim: 64, metric: 'l2', degree: 8, buildBeam: 8, threads: 1 });
      const count = 3000;
      const vectors = Float32Array.from({ length: count * 64 }, (_, i) => Math.sin(i * i));
      index.add(Uint32Array.from({ length: count }, (_, id) => id), vectors);
      for (let saved = 0; ; saved += 1) {
        index.save(process.argv[2]);
        index.remove(Uint32Array.of(saved % 100));
        require('node:fs').writeSync(1, '.');
      }`;
    const addonPath = new URL('../../../build/vitrine.node', import.meta.url).pathname;
    for (let kills = 0; kills < 6; kills += 1) {
      const stdio = ['ignore', 'pipe', 'inherit'] as const;
      const child = spawn(process.execPath, ['-e', source, addonPath, killed], { stdio: [...stdio] });
      for (let told = 0; told <= kills; told += 1) await once(child.stdout, 'data');
      child.kill('SIGKILL'); // it is saving again by now
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      assert.deepEqual([code, signal], [null, 'SIGKILL']);

      const index = VectorIndex.open(killed);

      assert.ok(index.size >= 2900 && index.size <= 3000);
      assert.equal(search(index, new Float32Array(64).fill(0.1), 5).ids.includes(0xffff_ffff), false);
      index.close();
    }
  });

  test('a save that fails leaves the file as it was', () => {
    const index = new VectorIndex({ kind: 'exact', dim: 3, metric: 'ip' });
    index.save(path);
    const before = readFileSync(path);

    assert.throws(() => index.save(join(path, 'below-a-file')), { code: 'storage' });

    assert.deepEqual(readFileSync(path), before);
  });
});
