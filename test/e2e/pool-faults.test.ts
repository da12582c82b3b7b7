import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { seededMlp } from '../../models/recipes/dense.ts';
import { Prng } from '../../server/core/prng.ts';
import type { HostOptions, ModelHost } from '../../server/serve.ts';
import { COMMANDS } from '../support/faulty-commands.ts';
import { errorOf, openHost, requestOf } from '../support/host.ts';
import { temporaryFolder, writeDense, writeFiles } from '../support/model-repository.ts';

const model = seededMlp(5, [4, 8, 2], 'tanh');
const RUN_MS_MAX = 800;

/** A host of two plain models on faulty workers. */
async function setup(options: Partial<HostOptions> = {}): Promise<{ host: ModelHost }> {
  const repository = temporaryFolder();
  const more = { max_batch_size: 4, parameters: { placement: 'pool' } };
  writeDense(repository, 'm', model, 'plain', more);
  writeDense(repository, 'n', model, 'plain', more);
  const workerFile = new URL('../support/faulty-worker.js', import.meta.url);
  return { host: await openHost(repository, { workerFile, runMsMax: RUN_MS_MAX, ...options }) };
}

async function answers(host: ModelHost, name: string): Promise<void> {
  const rows = new Prng(2).row(4);
  const { outputs } = await host.infer(requestOf(name, model, rows));
  assert.ok(errorOf(model, rows, outputs[0]) < 1e-5);
}

function command(host: ModelHost, name: string, value: number): Promise<unknown> {
  return host.infer(requestOf(name, model, Float32Array.of(value, 0, 0, 0)));
}

/** Resolves when the lane has every slot again: the hung thread has ended. */
async function allSlotsBack(host: ModelHost): Promise<void> {
  for (const { lane } of host.report()) {
    const input = lane.inputs[0]!;
    while (lane.freeSlots < input.bytes.length / input.rowBytes) await new Promise(setImmediate);
  }
}

suite('Pool: bad luck', () => {
  for (const [fault, value, cause] of [
    ['throws', COMMANDS.fail, /m: told to fail/],
    ['calls process.exit', COMMANDS.exit, /m: the worker was lost: .*exited with code: 3/],
    ['hangs', COMMANDS.hang, /m: the worker was lost: a run took longer than 800 ms/],
    ['eats all memory', COMMANDS.eat, /m: the worker was lost: .*(memory|ERR_WORKER_OUT_OF_MEMORY)/],
    ['crashes outside its run', COMMANDS.crashLater, /m: the worker was lost: told to crash/],
  ] as const) {
    test(`a model that ${fault} fails its batch with the cause; the next ones run`, async () => {
      const { host } = await setup({ heapMiBMax: 64, runMsMax: value === COMMANDS.eat ? 20_000 : RUN_MS_MAX });

      await assert.rejects(command(host, 'm', value), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'backend');
        assert.match(error.message, cause);
        return true;
      });

      await answers(host, 'm');
      await answers(host, 'n');
      await allSlotsBack(host);
      await host.close();
    });
  }

  test('while one worker hangs, the other goes on answering', async () => {
    const { host } = await setup({ workers: 2 });
    let hanging = true;
    const hung = assert.rejects(command(host, 'm', COMMANDS.hang)).then(() => (hanging = false));
    await new Promise(setImmediate); // else the next request shares its batch

    let answered = 0;
    while (hanging) {
      await answers(host, 'm');
      await answers(host, 'n');
      answered += 2;
    }

    await hung;
    assert.ok(answered > 20, `${answered} answers meanwhile`);
    await allSlotsBack(host);
    await host.close();
  });

  test('a storm of faults loses no slot and mixes no answers', async () => {
    const { host } = await setup({ workers: 2 });
    const prng = new Prng(31);
    const ends = { ok: 0, backend: 0, overloaded: 0 };

    for (let wave = 0; wave < 12; wave += 1) {
      await Promise.all(Array.from({ length: 30 }, async (_, i) => {
        const rows = prng.row(4 * (1 + prng.below(4)));
        const fault = i === 7 && wave % 2 === 0 ? prng.pick([COMMANDS.fail, COMMANDS.exit]) : 0;
        if (fault !== 0) rows[0] = fault;
        try {
          const { outputs } = await host.infer(requestOf(prng.pick(['m', 'n']), model, rows));
          assert.equal(fault, 0, 'a fault was answered');
          assert.ok(errorOf(model, rows, outputs[0]) < 1e-5, 'seed 31: another answer');
          ends.ok += 1;
        } catch (error) {
          ends[(error as { code: keyof typeof ends }).code] += 1;
        }
      }));
    }

    assert.equal(ends.ok + ends.backend + ends.overloaded, 360);
    assert.ok(ends.ok > 200 && ends.backend >= 6, JSON.stringify(ends));
    await allSlotsBack(host);
    await host.close();
  });

  test('a deadline is kept while the worker hangs; its slot waits for the end of it', async () => {
    const { host } = await setup();
    const row = Float32Array.of(COMMANDS.hang, 0, 0, 0);
    const asked = requestOf('m', model, row, { deadlineMs: 20 });

    await assert.rejects(host.infer(asked), /the deadline passed/);
    const { lane } = host.report().find((each) => each.model === 'm')!;
    assert.equal(lane.freeSlots, lane.inputs[0]!.bytes.length / lane.inputs[0]!.rowBytes - 1);

    await allSlotsBack(host);
    await answers(host, 'm');
    await host.close();
  });

  test('a model that fails or dies in opening is not served, and the others are', async () => {
    const repository = temporaryFolder();
    const placed = (opening: string) => ({ parameters: { placement: 'pool', opening } });
    writeDense(repository, 'dies', model, 'plain', placed('exit'));
    writeDense(repository, 'fails', model, 'plain', placed('fail'));
    writeDense(repository, 'good', model, 'plain', placed(''));
    const workerFile = new URL('../support/faulty-worker.js', import.meta.url);
    const host = await openHost(repository, { workerFile });

    await answers(host, 'good');
    assert.match(host.failures.get('dies')?.message ?? '', /dies: .*exited with code: 7/);
    assert.match(host.failures.get('fails')?.message ?? '', /fails: .*told not to open/);
    assert.throws(() => host.lane('dies'), /the model is not ready/);
    await host.close();
  });

  test('a model that no worker can open again is not ready, and says why', async () => {
    const repository = temporaryFolder();
    writeFiles(repository, { 'weights.bin': '' });
    const weights = join(repository, 'weights.bin');
    const parameters = { placement: 'pool', opensWith: weights };
    writeDense(repository, 'm', model, 'plain', { parameters });
    writeDense(repository, 'n', model, 'plain', { parameters: { placement: 'pool' } });
    const workerFile = new URL('../support/faulty-worker.js', import.meta.url);
    const host = await openHost(repository, { workerFile });
    assert.deepEqual([host.ready(), host.ready('m')], [true, true]);

    rmSync(weights);
    await assert.rejects(command(host, 'm', COMMANDS.exit));
    while (host.ready('m')) await new Promise(setImmediate);

    assert.deepEqual([host.ready(), host.ready('n')], [false, true]);
    await assert.rejects(answers(host, 'm'), /no worker can open it: .*its weights are gone/);
    await answers(host, 'n');
    await host.close();
  });

  test('a worker that is replaced has the ONNX models that were open, whatever became of their files', async () => {
    const repository = temporaryFolder();
    const more = { max_batch_size: 4, parameters: { placement: 'pool' } };
    writeDense(repository, 'm', model, 'plain', more);
    writeDense(repository, 'n', model, 'onnxruntime_onnx', more);
    const workerFile = new URL('../support/faulty-worker.js', import.meta.url);
    const host = await openHost(repository, { workerFile });
    rmSync(join(repository, 'n/1'), { recursive: true });

    await assert.rejects(command(host, 'm', COMMANDS.exit), /the worker was lost/);

    await answers(host, 'n');
    assert.equal(host.ready('n'), true);
    await host.close();
  });

  test('closing ends a worker that hangs', async () => {
    const { host } = await setup({ drainMsMax: 50, runMsMax: 600_000 });
    const hung = assert.rejects(command(host, 'm', COMMANDS.hang), /the runtime failed/);
    await new Promise(setImmediate);

    await host.close();
    await hung;
  });
});
