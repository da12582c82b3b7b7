import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { modelAlone } from '../../../../server/storefront/text/model-alone.ts';
import { openTextModel, TextEncoder } from '../../../../server/storefront/text/text-encoder.ts';
import { readTokenizer } from '../../../../server/storefront/text/tokenizer.ts';
import { tempFolder } from '../../../support/temp-file.ts';
import { TEXT_VECTORS, writeTextModel } from '../../../support/text-models.ts';

interface Case { text: string; wordpiece: number[]; bpe: number[]; unigram: number[]; vector: number[] }
/** By Hugging Face's tokenizers and ONNX Runtime in Python: `vectors/make.py`. */
const { length, cases } = JSON.parse(readFileSync(join(TEXT_VECTORS, 'texts.json'), 'utf8')) as
  { length: number; cases: Case[] };

/** The tokenizer of a file of `vectors/`, as it is or changed. */
function tokenizerOf(file: string, change: (value: Record<string, unknown>) => unknown = (value) => value) {
  const folder = tempFolder();
  const value = JSON.parse(readFileSync(join(TEXT_VECTORS, file), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(change(value)));
  return readTokenizer([folder]);
}

async function encoderOf(options: Parameters<typeof writeTextModel>[2] = {}) {
  const repository = tempFolder();
  writeTextModel(repository, 'texts', options);
  const model = await openTextModel(repository, 'texts');
  return { model, encoder: new TextEncoder(await modelAlone(repository, 'texts', '1'), model) };
}

suite('tokenizers cut texts as Python does', () => {
  for (const kind of ['wordpiece', 'bpe', 'unigram'] as const) {
    test(`${kind} of tokenizer.json`, () => {
      const tokenizer = tokenizerOf(`${kind}.json`);
      for (const one of cases) {
        assert.deepEqual(tokenizer.encode(one.text, length), one[kind], JSON.stringify(one.text));
      }
    });
  }

  test('vocab.txt is the same WordPiece; tokenizer_config.json says whether letters keep their case', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'vocab.txt'), readFileSync(join(TEXT_VECTORS, 'vocab.txt')));
    const tokenizer = readTokenizer([tempFolder(), folder]);
    for (const { text, wordpiece } of cases) assert.deepEqual(tokenizer.encode(text, length), wordpiece, text);

    writeFileSync(join(folder, 'tokenizer_config.json'), '{"do_lower_case": false}');
    assert.notDeepEqual(readTokenizer([folder]).encode('LAMP', length), tokenizer.encode('LAMP', length));
  });

  test('what is not known is refused by its name, not guessed', () => {
    const wrong = (change: (value: Record<string, unknown>) => unknown) => () => tokenizerOf('bpe.json', change);

    assert.throws(wrong((value) => ({ ...value, normalizer: { type: 'Nmt' } })),
      /backend|tokenizer\.json: normalizer Nmt is none of BertNormalizer/);
    assert.throws(wrong((value) => ({ ...value, pre_tokenizer: { type: 'Split' } })), /pre_tokenizer Split is none of/);
    assert.throws(wrong((value) => ({ ...value, post_processor: { type: 'X' } })), /post_processor X is none of/);
    assert.throws(wrong((value) => ({ ...value, model: { type: 'WordLevel', vocab: {} } })), /model\.type WordLevel/);
    assert.throws(wrong(() => []), /the file is no JSON object/);
    assert.throws(wrong(() => ({})), /model is no JSON object/);
    const folder = tempFolder();
    assert.throws(() => readTokenizer([folder]), /there is no tokenizer\.json and no vocab\.txt in/);
    writeFileSync(join(folder, 'vocab.txt'), 'lamp\nrug\n');
    assert.throws(() => readTokenizer([folder]), /vocab\.txt: it has no \[UNK\]/);
  });
});

suite('text encoders', () => {
  const near = (own: Float32Array | null, theirs: readonly number[], text: string): void =>
    theirs.forEach((value, i) => assert.ok(Math.abs(value - own![i]!) < 1e-5, `${text}: ${own?.join()}`));

  test('vectors are those of Python, whatever batch a text is in: sizes left open', async () => {
    const { model, encoder } = await encoderOf({ config: { max_batch_size: 8 } });
    assert.deepEqual([model.padded, model.rowsMax], [false, 8]);
    const short = cases.filter(({ wordpiece }) => wordpiece.length < length);
    const vectors = await encoder.encode(short.map(({ text }) => text));
    short.forEach(({ text, vector }, i) => near(vectors[i]!, vector, text));
  });

  test('the same of rows of one length, padded', async () => {
    const dims = [length];
    const input = ['input_ids', 'attention_mask', 'token_type_ids']
      .map((name) => ({ name, data_type: 'TYPE_INT64', dims }));
    const output = [{ name: 'last_hidden_state', data_type: 'TYPE_FP32', dims: [length, 8] }];
    const { model, encoder } = await encoderOf({
      config: { input, output }, files: { 'tokenizer.json': 'wordpiece.json' },
    });
    assert.deepEqual([model.padded, model.length], [true, length]);
    const vectors = await encoder.encode(cases.map(({ text }) => text));
    cases.forEach(({ text, vector }, i) => near(vectors[i]!, vector, text));
  });

  test('nothing to read has no vector, and the others have theirs', async () => {
    const { encoder } = await encoderOf();
    const [none, one, blank] = await encoder.encode(['', cases[0]!.text, '  ']);

    assert.deepEqual([none, blank], [null, null]);
    near(one!, cases[0]!.vector, cases[0]!.text);
  });

  test('a graph that takes texts themselves needs no tokenizer', async () => {
    const { model, encoder } = await encoderOf({ graph: 'texts.onnx', files: {} });
    const [lamp, rug] = await encoder.encode(['lamp', 'rug']);

    assert.equal(model.tokenizer, null);
    near(lamp!, [1, 1, -1].map((value) => value / Math.sqrt(3)), 'lamp');
    near(rug!, [2, 1, -2].map((value) => value / 3), 'rug');
  });

  test('what is missing or is no such model is told as bad_argument or backend, by its name', async () => {
    const repository = tempFolder();
    const refused = (name: string, said: RegExp) => assert.rejects(openTextModel(repository, name), said);
    await refused('none', /bad_argument|text encoder 'none': .*config\.json is missing/);
    writeTextModel(repository, 'words', { files: {} });
    await refused('words', /there is no tokenizer\.json and no vocab\.txt/);
    writeTextModel(repository, 'plain', { config: { platform: 'plain' } });
    await refused('plain', /text encoder 'plain': /);
    const tensor = (name: string) => [{ name, data_type: 'TYPE_FP32', dims: [3] }];
    writeTextModel(repository, 'named', { config: { input: tensor('x'), output: tensor('y') } });
    await refused('named', /its inputs are x: input_ids, attention_mask, token_type_ids or one of texts is wanted/);
    writeTextModel(repository, 'broken');
    writeFileSync(join(repository, 'broken', '1', 'model.onnx'), 'no graph');
    await refused('broken', /text encoder 'broken': .*model\.onnx/);
  });
});
