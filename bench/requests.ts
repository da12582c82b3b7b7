import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { runDense, type DenseModel } from '../models/recipes/dense.ts';
import { codecFor } from '../server/client/codec.ts';
import { Prng } from '../server/core/prng.ts';
import { float32Tensor } from '../server/core/tensor.ts';

/** How a request is written. The peers take a bare list of numbers: less to parse than KServe's. */
export type Encoding = 'msgpack' | 'json' | 'kserve' | 'kserve-binary' | 'peer';

/** Rows with the answers that the plain loops of `models/recipes/dense.ts` give. */
export interface Case {
  readonly row: Float32Array;
  readonly answer: number; // first element of the output
}

/** Seeded features of six significant digits, as a shop's feature store would print them. */
export function makeCases(model: DenseModel, count: number, seed: number): Case[] {
  const prng = new Prng(seed);
  const width = model.layers[0]?.inputs ?? 0;
  return Array.from({ length: count }, () => {
    const row = prng.row(width).map((value) => Number(value.toPrecision(6)));
    return { row, answer: runDense(model, row)[0] as number };
  });
}

/**
 * The cases as a file for the load generator; its format stands in `load/requests.h`. `more` is of
 * the socket's encodings.
 */
export function requestFile(
  model: DenseModel, cases: readonly Case[], encoding: Encoding, more: { deadlineMs?: number } = {},
): Buffer {
  const parts = [Buffer.from('VLR1'), u32(cases.length)];
  for (const { row, answer } of cases) {
    const payload = encode(model, row, encoding, more);
    const answerBytes = Buffer.alloc(4);
    answerBytes.writeFloatLE(answer);
    parts.push(u32(payload.length), u32(idOffset(payload, encoding)), answerBytes, payload);
  }
  return Buffer.concat(parts);
}

/** Any requests of the socket in msgpack, for the generator: each is made with the id that it overwrites. */
export function payloadFile(requests: readonly ((id: number) => Buffer)[]): Buffer {
  const parts = [Buffer.from('VLR1'), u32(requests.length)];
  for (const make of requests) {
    const payload = make(ID_BINARY);
    parts.push(u32(payload.length), u32(idOffset(payload, 'msgpack')), Buffer.alloc(4), payload);
  }
  return Buffer.concat(parts);
}

/** Hex digest over everything that goes into a run, so that two results can be told to be alike. */
export function digest(inputs: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(input);
  return hash.digest('hex').slice(0, 16);
}

// Stand-ins that the generator overwrites: a uint32 in msgpack, eight digits in JSON.
const ID_BINARY = 0xfeed_beef;
const ID_DIGITS = 87_654_321;

function encode(model: DenseModel, row: Float32Array, encoding: Encoding, more: object): Buffer {
  const tensor = float32Tensor(model.input, [1, row.length], row);
  const infer = { op: 'infer', model: model.name, inputs: [tensor], ...more };
  switch (encoding) {
    case 'msgpack': return Buffer.from(codecFor('msgpack').encode({ id: ID_BINARY, ...infer }));
    case 'json': return json({ id: ID_DIGITS, ...infer, inputs: [listed(model, row)] });
    case 'kserve': return json({ id: String(ID_DIGITS), inputs: [listed(model, row)] });
    case 'kserve-binary': return Buffer.concat([kserveHead(model), new Uint8Array(tensor.data)]);
    case 'peer': return json({ id: ID_DIGITS, inputs: digits(row) });
  }
}

/** The JSON before a row in binary: the same for each, as clients write it that name no request. */
export function kserveHead(model: DenseModel): Buffer {
  const width = model.layers[0]?.inputs ?? 0;
  const input = { name: model.input, datatype: 'FP32', shape: [1, width] };
  return json({
    inputs: [{ ...input, parameters: { binary_data_size: width * 4 } }],
    outputs: [{ name: model.output, parameters: { binary_data: true } }],
  });
}

function listed(model: DenseModel, row: Float32Array): object {
  return { name: model.input, datatype: 'FP32', shape: [1, row.length], data: digits(row) };
}

/** The shortest decimals that give the row's floats again; those of the doubles are twice as long. */
function digits(row: Float32Array): number[] {
  return Array.from(row, (value) => Number(value.toPrecision(6)));
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function idOffset(payload: Buffer, encoding: Encoding): number {
  if (encoding === 'kserve-binary') return 0; // it has none
  const mark = encoding === 'msgpack' ? u32be(ID_BINARY) : Buffer.from(String(ID_DIGITS));
  const at = payload.indexOf(mark);
  assert.ok(at >= 0 && payload.indexOf(mark, at + 1) < 0, 'the id stands once in a payload');
  return at;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u32be(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
