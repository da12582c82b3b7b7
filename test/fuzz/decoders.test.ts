import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServeError } from '../../server/core/errors.ts';
import { Prng } from '../../server/core/prng.ts';
import { decodeRequest, requestIdOf } from '../../server/wire/decode.ts';
import { decodeJson } from '../../server/wire/json.ts';
import { cutBody, decodeInferRequest, rawInferRequest } from '../../server/wire/kserve-request.ts';
import { decodeIndex, decodeLoad, decodeUnload } from '../../server/wire/kserve-repository.ts';
import { decodeLogSettings, decodeTraceChange } from '../../server/wire/kserve-settings.ts';
import { frameLayout } from '../../server/wire/layout.ts';
import { decodeMsgpack, encodeMsgpack } from '../../server/wire/msgpack.ts';
import { JSON_REQUESTS, KSERVE_BINARY, KSERVE_BODIES, REQUESTS } from '../support/corpus.ts';
import { mutated, mutatedValue } from '../support/mutate.ts';

const FRAMES = Number(process.env.VITRINE_FUZZ_FRAMES ?? 100_000);
const SEED = Number(process.env.VITRINE_FUZZ_SEED ?? 1);
const FRAME_CPU_MS_MAX = 500; // of this process for one frame, garbage collection included
const HEAP_GROWTH_MAX = 256e6; // bytes, garbage included

const decode = (message: unknown): void => {
  if (Array.isArray(message)) return message.slice(0, 8).forEach(decode);
  requestIdOf(message);
  decodeRequest(message, 0);
};
const text = (value: unknown) => Buffer.from(JSON.stringify(value));

suite(`decoders, given ${FRAMES} mutated frames`, () => {
  test('msgpack: a value or a ServeError, and nothing else', () => {
    const corpus = [...REQUESTS, REQUESTS].map((value) => Uint8Array.from(encodeMsgpack(value)));
    const run = (frame: Uint8Array): void => {
      const message = decodeMsgpack(frame);
      frameLayout(frame, 'inputs'); // walks whatever the scan has passed
      decode(message);
    };
    fuzz(FRAMES * 0.5, (prng) => mutated(prng, corpus), run);
    fuzz(FRAMES * 0.1, (prng) => encodeMsgpack(mutatedValue(prng, prng.pick(REQUESTS))), run);
  });

  test('JSON text: a value or a ServeError, and nothing else', () => {
    const run = (frame: Uint8Array): void => decode(decodeJson(frame));
    const corpus = [...JSON_REQUESTS, JSON_REQUESTS].map(text);
    fuzz(FRAMES * 0.1, (prng) => mutated(prng, corpus), run);
    fuzz(FRAMES * 0.1, (prng) => text(mutatedValue(prng, prng.pick(JSON_REQUESTS))), run);
  });

  test('KServe bodies: a value or a ServeError, and nothing else', () => {
    const run = (frame: Uint8Array): unknown => decodeInferRequest(cutBody(frame, ''), 'm');
    const corpus = KSERVE_BODIES.map(text);
    fuzz(FRAMES * 0.1, (prng) => mutated(prng, corpus), run);
    fuzz(FRAMES * 0.1, (prng) => text(mutatedValue(prng, prng.pick(KSERVE_BODIES))), run);
  });

  test('KServe bodies with binary behind them: a value or a ServeError, and nothing else', () => {
    const { head, tail } = KSERVE_BINARY;
    const whole = Buffer.concat([text(head), tail]);
    const cut = (prng: Prng): string => prng.pick([String(text(head).length), '0', '-1', 'x', '']);
    const prng = new Prng(SEED);
    const run = (frame: Uint8Array): unknown => {
      const { json, binary, raw } = cutBody(frame, cut(prng));
      const specs = [{ name: 'x', datatype: 'FP32' as const, dims: [-1] }];
      return raw ? rawInferRequest(binary, specs, true, 'm') : decodeInferRequest({ json, binary }, 'm');
    };
    fuzz(FRAMES * 0.05, (chance) => mutated(chance, [whole]), run);
    const runHead = (frame: Uint8Array): unknown =>
      decodeInferRequest({ json: frame, binary: tail }, 'm');
    fuzz(FRAMES * 0.1, (chance) => text(mutatedValue(chance, head)), runHead);
  });

  test('control requests of KServe: a value or a ServeError, and nothing else', () => {
    for (const [decodeOne, bodies] of [
      [decodeIndex, [{ ready: true }]],
      [decodeLoad, [{ parameters: { config: '{"a":[1]}', 'file:1/model.onnx': 'AAAA' } }]],
      [decodeUnload, [{ parameters: { unload_dependents: true } }]],
      [decodeTraceChange, [{ trace_level: ['TIMESTAMPS'], trace_rate: '5', trace_count: null }]],
      [decodeLogSettings, [{ log_info: true, log_verbose_level: 1, log_format: 'ISO8601' }]],
    ] as const) {
      const corpus = bodies.map(text);
      fuzz(FRAMES * 0.01, (prng) => mutated(prng, corpus), decodeOne);
      fuzz(FRAMES * 0.01, (prng) => text(mutatedValue(prng, bodies[0])), decodeOne);
    }
  });
});

/** Runs all frames; prints one that breaks the rule, so that it can become a test of its own. */
function fuzz(
  count: number,
  make: (prng: Prng) => Uint8Array,
  run: (frame: Uint8Array) => void,
): void {
  const prng = new Prng(SEED);
  const heapBytes = process.memoryUsage().heapUsed;
  let taken = 0;
  for (let i = 0; i < count; i += 1) {
    const frame = make(prng);
    const before = process.cpuUsage();
    try {
      run(frame);
      taken += 1;
    } catch (error) {
      if (!(error instanceof ServeError) || error.code === 'internal') {
        assert.fail(
          `frame ${i}, seed ${SEED}: ${Buffer.from(frame).toString('hex')}: ` +
            (error as Error).stack,
        );
      }
    }
    const { user, system } = process.cpuUsage(before); // a busy machine does not count
    const tookMs = (user + system) / 1000;
    assert.ok(
      tookMs < FRAME_CPU_MS_MAX,
      `frame ${i}, seed ${SEED} took ${tookMs} ms of CPU: ${Buffer.from(frame).toString('hex')}`,
    );
  }
  const growth = process.memoryUsage().heapUsed - heapBytes;
  assert.ok(growth < HEAP_GROWTH_MAX, `${growth} bytes of heap`);
  assert.ok(
    taken > 0 && taken < count * 0.95,
    `${taken} of ${count} were taken: the mutations are too weak or too strong`,
  );
}
