/** A model that keeps a sum, in a server: over HTTP as Triton's clients ask. */
import assert from 'node:assert/strict';
import { afterEach, suite, test } from 'node:test';
import { OnnxGraphBuilder } from '../../models/recipes/onnx/graph.ts';
import { temporaryFolder, writeFiles } from '../support/model-repository.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { askTimes, writeTimes } from '../support/times-model.ts';

let running: ServerProcess | null = null;
afterEach(() => running?.kill());

/** y = x + sum, and START again as `began`. */
function sumOnnx(): Uint8Array {
  const graph = new OnnxGraphBuilder('sum');
  const x = graph.input('x', 'FP32', ['rows', 1]);
  const start = graph.input('START', 'FP32', ['rows', 1]);
  const sum = graph.input('sum', 'FP32', ['rows', 1]);
  graph.output(graph.node('Add', [x, sum], {}, 'y'), 'FP32', ['rows', 1]);
  graph.output(graph.node('Identity', [start], {}, 'began'), 'FP32', ['rows', 1]);
  graph.output(graph.node('Add', [x, sum], {}, 'sum_out'), 'FP32', ['rows', 1]);
  return graph.encode();
}

const tensor = (name: string): object => ({ name, data_type: 'TYPE_FP32', dims: [1] });

suite('Sequences in a server', () => {
  test('hundreds at once have their own sums; what clients see is without the state', async () => {
    const repository = temporaryFolder();
    writeFiles(repository, {
      'sum/1/model.onnx': sumOnnx(),
      'sum/config.json': JSON.stringify({
        platform: 'onnxruntime_onnx', max_batch_size: 16,
        input: [tensor('x')], output: [tensor('y'), tensor('began')],
        parameters: { placement: 'pool' },
        sequence_batching: {
          oldest: { max_candidate_sequences: 64 },
          control_input: [{ name: 'START', control: [
            { kind: 'CONTROL_SEQUENCE_START', fp32_false_true: [0, 1] }] }],
          state: [{ input_name: 'sum', output_name: 'sum_out', data_type: 'TYPE_FP32', dims: [1],
            initial_state: [{ data_type: 'TYPE_FP32', dims: [1], zero_data: true, name: 'zero' }] }],
        },
      }),
    });
    writeTimes(repository, 'times', { 1: 2 });
    running = await startServer(temporaryFolder(), undefined, 'auto', { VITRINE_MODELS: repository });
    const { url } = running;
    const ask = (sequence_id: number | string, x: number, more: object = {}) =>
      askTimes(url, 'sum', x, { parameters: { sequence_id, ...more } });

    const sums = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const id = i % 2 === 0 ? i + 1 : `visitor-${i}`;
      const answers = [await ask(id, i, { sequence_start: true })];
      answers.push(...await Promise.all([ask(id, 1), ask(id, 1)]));
      answers.push(await ask(id, 1, { sequence_end: true }));
      return answers;
    }));
    sums.forEach((answers, i) => assert.deepEqual(answers.toSorted(), [i, i + 1, i + 2, i + 3].toSorted()));

    assert.match(String(await ask(1, 1)), /^400 .*must specify the START flag/);
    assert.match(String(await askTimes(url, 'sum', 1)), /^400 .*correlation ID/);
    assert.match(String(await askTimes(url, 'times', 1, { parameters: { sequence_id: 4 } })), /^501/);
    const metadata = await (await fetch(`${url}/v2/models/sum`)).json() as
      { inputs: { name: string }[]; outputs: { name: string }[] };
    assert.deepEqual(metadata.inputs.map(({ name }) => name), ['x']);
    assert.deepEqual(metadata.outputs.map(({ name }) => name), ['y', 'began']);
    const config = await (await fetch(`${url}/v2/models/sum/config`)).json() as
      { sequence_batching: { oldest: object } };
    assert.deepEqual(config.sequence_batching.oldest, { max_candidate_sequences: 64 });
  });
});
