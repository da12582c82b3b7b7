import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RecommendReply } from '../../server/wire/schema.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-file.ts';
import { writeTextModel } from '../support/text-models.ts';

const cli = fileURLToPath(new URL('../../server/cli.js', import.meta.url));

/** What the doctor says of the text encoder, and how it ends. */
function doctor(models: string, name: string): Promise<{ said: string; code: number }> {
  return new Promise((resolve) => {
    const env = { ...process.env, VITRINE_TEXT_ENCODER: name };
    execFile(process.execPath, [cli, 'doctor', '--models', models], { env }, (error, text) => {
      const said = text.split('\n').find((line) => line.includes('text encoder')) ?? '';
      resolve({ said, code: (error as { code?: number } | null)?.code ?? 0 });
    });
  });
}

suite('a text encoder of a shop’s own', () => {
  test('reads the catalogue through the batcher, and cold items are like others by it', async (t) => {
    const models = tempFolder();
    cpSync('models/repository', models, { recursive: true });
    writeTextModel(models, 'titles');
    const settings = { VITRINE_MODELS: models, VITRINE_TEXT_ENCODER: 'titles' };
    const server = await startServer(tempFolder(), undefined, 'auto', settings);
    t.after(() => server.kill());
    const post = async (path: string, body: object) => {
      const reply = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
      return { status: reply.status, json: await reply.json() as RecommendReply };
    };
    const titles = ['floor lamp', 'oak table', 'lamp floor', 'grey rug', 'floor lamps'];
    const items = titles.map((title, i) => ({ id: `i${i}`, title, categories: [], in_stock: true }));
    assert.equal((await post('/v1/catalogue', { put: items })).status, 200);

    // Read in the background: asked until the words in another order are nearest.
    for (let i = 0; i < 100; i += 1) {
      const { json } = await post('/v1/similar', { item: 'i0', k: 2 });
      if (json.items[0]?.reason.code === 'content' && json.items[0].item === 'i2') break;
      assert.ok(i < 99, JSON.stringify(json));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const stats = await (await fetch(`${server.url}/v2/models/titles/stats`)).json() as
      { model_stats: { inference_count: number }[] };
    assert.equal(stats.model_stats[0]!.inference_count, titles.length + 1);
  });

  test('one that is missing or broken ends the start with its name, and the doctor says so too', async () => {
    const models = tempFolder();
    writeTextModel(models, 'good');
    writeTextModel(models, 'broken', { files: {} });

    const good = await doctor(models, 'good');
    assert.match(good.said, /^ok .*'good' version 1: 8 numbers of at most 128 tokens, 32 texts in \d+ ms/);
    for (const [name, why] of [['none', 'config.json is missing'], ['broken', 'no tokenizer.json and no vocab.txt']]) {
      const { said, code } = await doctor(models, name!);
      assert.match(said, new RegExp(`^broken .*'${name}'; why: .*${why}`));
      assert.equal(code, 1);
      const folder = tempFolder();
      writeFileSync(join(folder, 'placements.json'), '{}');
      await assert.rejects(
        startServer(folder, undefined, 'auto', { VITRINE_MODELS: models, VITRINE_TEXT_ENCODER: name! }),
        new RegExp(why!));
    }
  });
});
