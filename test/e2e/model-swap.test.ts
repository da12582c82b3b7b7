import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '../../server/core/clock.ts';
import { Log } from '../../server/core/log.ts';
import { float32Tensor, float32View } from '../../server/core/tensor.ts';
import { DeskDoor } from '../../server/routes/storefront-door.ts';
import { SocketSessions } from '../../server/routes/socket.ts';
import type { PlainLayer } from '../../server/runtime/plain.ts';
import type { ModelHost } from '../../server/serve.ts';
import { decodeMsgpack, encodeMsgpack } from '../../server/wire/msgpack.ts';
import { FakeStorefront } from '../support/fake-storefront.ts';
import { openHost } from '../support/host.ts';
import { temporaryFolder, writeFiles } from '../support/model-repository.ts';
import { ServerSocket } from '../support/server-socket.ts';

/** A model that multiplies by `factor`. */
function writeTimes(
  repository: string, factor: number, placement: string, more: object = {},
): void {
  const tensor = (name: string) => [{ name, data_type: 'TYPE_FP32', dims: [1] }];
  const layer: PlainLayer = { type: 'dense', inputs: 1, units: 1, weight: [factor], bias: [0] };
  writeFiles(repository, {
    'times/config.json': JSON.stringify({
      platform: 'plain', max_batch_size: 4, input: tensor('x'), output: tensor('y'),
      parameters: { placement, ...more },
    }),
    'times/1/model.plain.json': JSON.stringify({ layers: [layer] }),
  });
}

suite('A socket that asks one thing again and again', () => {
  for (const placement of ['inline', 'pool']) {
    test(`is answered by the model as it is now: replaced, gone and back (${placement})`, async () => {
      const repository = temporaryFolder();
      writeTimes(repository, 2, placement);
      const host = await openHost(repository);
      const ask = asker(host);

      assert.deepEqual([await ask(1), await ask(2), await ask(3)], [6, 6, 6]);
      writeTimes(repository, 5, placement); // under the same name and version
      await host.load('times');
      assert.deepEqual([await ask(4), await ask(5), await ask(6)], [15, 15, 15]);
      await host.unload('times');
      assert.deepEqual([await ask(7), await ask(8)], ['unknown_model', 'unknown_model']);
      await host.load('times');
      assert.deepEqual([await ask(9), await ask(10)], [15, 15]);
      await host.close();
    });
  }
});

suite('A model replaced again and again under load', () => {
  const SWAPS = 20;
  for (const [placement, slow] of [['inline', false], ['pool', false], ['pool', true]] as const) {
    const how = slow ? 'pool, slow to open' : placement;
    test(`fails no request; once it is replaced, the new one answers (${how})`, async () => {
      const repository = temporaryFolder();
      writeTimes(repository, 1, placement, slow ? { opening: 'slow' } : {});
      const workerFile = new URL('../support/faulty-worker.js', import.meta.url);
      const host = await openHost(repository, { workerFile });
      let factor = 1; // of the newest version that `load` has answered for
      let answered = 0;
      let over = false;
      const caller = async (): Promise<void> => {
        while (!over) {
          const least = factor;
          const inputs = [float32Tensor('x', [1, 1], Float32Array.of(1))];
          const { outputs } = await host.infer({ model: 'times', inputs }); // a failure fails the test
          const [y] = float32View(outputs[0]!);
          assert.ok(y! >= least, `${y} came from a model older than ${least}`);
          answered += 1;
        }
      };
      const callers = Promise.all(Array.from({ length: 8 }, caller));

      for (let swap = 2; swap < 2 + (slow ? 3 : SWAPS); swap += 1) {
        writeTimes(repository, swap, placement, slow ? { opening: 'slow' } : {});
        await host.load('times');
        factor = swap;
      }
      over = true;
      await callers;

      assert.ok(answered > 100, `${answered} answers`);
      assert.equal(host.report().length, 1);
      await host.close();
    });
  }
});

/** Sends the same infer request, x = 3, with a new id; resolves to y or to the failure's code. */
function asker(host: ModelHost): (id: number) => Promise<number | string> {
  const sessions = new SocketSessions({
    lanes: host, directory: host, details: host, clock: systemClock,
    door: new DeskDoor(new FakeStorefront(), systemClock),
    log: new Log('error'), version: '0', limits: { requestsMax: 16, pushBufferedBytesMax: 1000 },
  });
  const socket = new ServerSocket();
  sessions.open(socket);
  return async (id) => {
    const inputs = [float32Tensor('x', [1, 1], Float32Array.of(3))];
    sessions.message(socket, encodeMsgpack({ id, op: 'infer', model: 'times', inputs }), true);
    while (socket.sent.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const reply = decodeMsgpack(socket.sent.pop() as Buffer) as {
      id: number; error?: { code: string }; outputs: { data: Uint8Array }[];
    };
    assert.equal(reply.id, id);
    if (reply.error) return reply.error.code;
    const { data } = reply.outputs[0] as { data: Uint8Array };
    return new DataView(data.buffer, data.byteOffset).getFloat32(0, true);
  };
}
