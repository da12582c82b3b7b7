import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { runDense, seededMlp } from '../../models/recipes/dense.ts';
import { float32Tensor, float32View, VitrineError } from '../../server/client/client.ts';
import { connectNode } from '../../server/client/node.ts';
import type { Push, VitrineClient } from '../../server/client/types.ts';
import { Prng } from '../../server/core/prng.ts';
import { textsOf } from '../../server/core/tensor.ts';
import { MemoryStore } from '../../server/store/memory-store.ts';
import { GOODS } from '../support/make-shop.ts';
import { temporaryFolder, writeDense } from '../support/model-repository.ts';
import { openShopServer, type ShopServer } from '../support/shop-server.ts';

const mlp = seededMlp(5, [8, 16, 2], 'tanh');

/** The client and the server speak the same protocol, in both of its encodings. */
for (const encoding of ['msgpack', 'json'] as const) {
  suite(`The client against the server, over ${encoding}`, () => {
    let server: ShopServer;
    let client: VitrineClient;

    before(async () => {
      const repository = temporaryFolder();
      writeDense(repository, 'mlp', mlp, 'onnxruntime_onnx');
      const store = new MemoryStore();
      await store.putItems(GOODS);
      server = await openShopServer(store, repository);
      client = connectNode(server.url, { encoding });
      await client.ready();
    });
    after(async () => {
      client.close();
      await server.close();
    });

    test('many tensors in flight at once come back each to its own call', async () => {
      const prng = new Prng(6);
      await Promise.all(Array.from({ length: 600 }, async () => {
        const rows = 1 + prng.below(3);
        const values = prng.row(rows * 8);
        const inputs = [float32Tensor(mlp.input, [rows, 8], values)];
        const answer = await client.infer({ model: 'mlp', inputs, trace: true });

        const got = float32View(answer.outputs[0]!);
        const want = runDense(mlp, values.slice(0, 8));
        want.forEach((value, i) => assert.ok(Math.abs(value - got[i]!) < 1e-5));
        assert.deepEqual(answer.outputs[0]?.shape, [rows, 2]);
        assert.ok(answer.timing && answer.timing.batchRows >= rows);
      }));
    });

    test('rows are answered one by one, more of them than a run takes', async () => {
      const values = new Prng(9).row(40 * 8);
      const inputs = [float32Tensor(mlp.input, [40, 8], values)];
      const rows = new Map<number, number>();

      await client.inferRows({ model: 'mlp', inputs }, ({ row, answer, error }) => {
        assert.equal(error, null);
        assert.ok(!rows.has(row));
        rows.set(row, float32View(answer!.outputs[0]!)[0]!);
      });

      assert.equal(rows.size, 40);
      for (const [row, got] of rows) {
        const [want] = runDense(mlp, values.slice(row * 8, row * 8 + 8));
        assert.ok(Math.abs(want! - got) < 1e-5, `row ${row}`);
      }
      await assert.rejects(client.inferRows({ model: 'none', inputs }, () => {}), {
        code: 'unknown_model',
      });
    });

    test('classes come back as texts', async () => {
      const inputs = [float32Tensor(mlp.input, [1, 8], new Float32Array(8))];
      const outputs = [{ name: mlp.output, classes: 1 }];

      const answer = await client.infer({ model: 'mlp', inputs, outputs });

      const [tensor] = answer.outputs;
      assert.deepEqual([tensor?.datatype, tensor?.shape], ['BYTES', [1, 1]]);
      const [text] = [...textsOf(tensor!)].map((bytes) => Buffer.from(bytes).toString());
      const want = runDense(mlp, new Float32Array(8));
      assert.match(text!, new RegExp(`^-?\\d+\\.\\d{6}:${want[0]! >= want[1]! ? 0 : 1}$`));
    });

    test('an event counts once, is pushed to who listens and felt by the answer', async () => {
      const session = `s-${encoding}`;
      const pushed = new Promise<Push>((resolve, reject) => {
        client.subscribe({ session, k: 3, filter: { excludeSeen: true } }, resolve, reject);
      });
      const event = { id: `e-${encoding}`, type: 'item_view', session, items: ['lamp'] } as const;

      assert.deepEqual(await client.events([event]), { accepted: 1, duplicates: 0 });
      assert.deepEqual(await client.events([event]), { accepted: 0, duplicates: 1 });
      const push = await pushed;
      assert.equal(push.sequence, 1);
      assert.ok(push.reply.items.every(({ item }) => item !== 'lamp'));
      const again = await client.recommend({ session, k: 6, filter: { inStock: false } });
      assert.ok(again.items.length >= 5);
      assert.ok(again.items.every(({ reason }) => reason.text.length > 0));
    });

    test('reasons are in the language asked for', async () => {
      const { items } = await client.recommend({ k: 1, language: 'zh' });
      assert.match(items[0]?.reason.text ?? '', /\p{Script=Han}/u);
    });

    test('placements, rules, re-rank and batches go over the socket as they are typed', async () => {
      const lit = await client.catalogue({ put: [{
        id: `glow-${encoding}`, title: 'Glow', price: 9, attributes: { brand: 'x', inStock: 3 },
      }] });
      assert.equal(lit.put, 1);
      const where = 'brand = "x" and inStock = 3'; // an attribute's name is nobody's to spell
      const { items, debug } = await client.recommend({
        placement: 'home', filter: { where }, caps: { brand: 1 }, minRelevance: 0, rotationHours: 2, debug: true,
      });
      assert.equal(items.length, 1);
      assert.equal(debug?.rules.rotationHours, 2);
      assert.deepEqual(debug?.clauses.slice(-2).map(({ clause }) => clause), ['brand = "x"', 'inStock = 3']);
      const rerank = ['chair', 'nowhere', 'lamp'];
      const again = await client.recommend({ rerank, personal: 0 });
      assert.deepEqual(again.items.map(({ item }) => item).sort(), [...rerank].sort());
      const { answers } = await client.batch({ customers: ['c1', 'c2'], k: 2 });
      assert.deepEqual(answers.map(({ customer, items: own }) => [customer, own.length]), [['c1', 2], ['c2', 2]]);
      const wrong = { code: 'bad_argument', message: /boost\[0\], character 5/ };
      await assert.rejects(client.recommend({ boost: ['2 if'] }), wrong);
    });

    test('similar, metadata and ping answer', async () => {
      assert.ok((await client.similar({ item: 'chair', k: 2 })).items.length > 0);
      const { model } = await client.metadata({ model: 'mlp' });
      assert.equal((model as { maxBatchSize: number }).maxBatchSize, 16);
      assert.ok((await client.ping()) >= 0);
    });

    test('what is wrong comes back as a typed error that names it', async () => {
      const wrong: readonly [string, RegExp, () => Promise<unknown>][] = [
        ['unknown_item', /none/, () => client.similar({ item: 'none' })],
        ['unknown_model', /none/, () => client.infer({ model: 'none', inputs: [] })],
        ['bad_argument', /k/, () => client.recommend({ k: 0 })],
        ['bad_argument', /type/, () => client.events([{ type: 'nap' as never, session: 's' }])],
        ['bad_tensor', /8|16/, () => client.infer({
          model: 'mlp', inputs: [float32Tensor(mlp.input, [1, 7], new Float32Array(7))],
        })],
      ];
      for (const [code, names, call] of wrong) {
        const thrown = await call().catch((cause: unknown) => cause);
        assert.ok(thrown instanceof VitrineError, code);
        assert.equal(thrown.code, code);
        assert.match(thrown.message, names);
        assert.equal(thrown.retrySafe, false);
      }
    });
  });
}
