/** Requests to a model: Vitrine's WebSocket messages, or KServe v2 over HTTP. */
import assert from 'node:assert/strict';
import { codecFor } from '../../server/client/codec.ts';
import { DATATYPE_ARRAYS, isDatatype, textsOf, type Tensor } from '../../server/core/tensor.ts';
import type { ModelInfo } from './model-info.ts';
import { LoadProblem } from './problem.ts';
import type { Request } from './target.ts';

// Stand-ins that a generator overwrites: a uint32 in msgpack, eight digits in JSON.
const ID_BINARY = 0xfeed_beef;
const ID_DIGITS = 87_654_321;

/** What a message says beside its inputs: `deadlineMs`, `priority`, …. */
export type More = Readonly<Record<string, unknown>>;

export function socketRequest(
  encoding: 'msgpack' | 'json', model: ModelInfo, inputs: readonly Tensor[], more: More,
): Request {
  const infer = {
    op: 'infer',
    model: model.name,
    ...(model.version !== '' && { version: model.version }),
    inputs,
    ...more,
  };
  return ownMessage(encoding, infer);
}

/** Any message of Vitrine's WebSocket, with the id where generators put their own. */
export function ownMessage(encoding: 'msgpack' | 'json', message: object): Request {
  const id = encoding === 'msgpack' ? ID_BINARY : ID_DIGITS;
  const body = Buffer.from(codecFor(encoding).encode({ id, ...message }) as Uint8Array);
  const stamp = Buffer.alloc(4);
  stamp.writeUInt32BE(ID_BINARY);
  const mark = encoding === 'msgpack' ? stamp : Buffer.from(String(ID_DIGITS));
  const idAt = body.indexOf(mark); // the id is written first
  assert.ok(idAt >= 0);
  return { body, idAt, text: encoding === 'json' };
}

export interface Formats {
  readonly input: 'binary' | 'json';
  readonly output: 'binary' | 'json';
}

export function kserveRequest(
  model: ModelInfo, inputs: readonly Tensor[], formats: Formats, parameters: More,
): Request {
  const binary = formats.input === 'binary';
  const head = {
    inputs: inputs.map((tensor) => ({
      name: tensor.name,
      datatype: tensor.datatype,
      shape: tensor.shape,
      ...(binary ? { parameters: { binary_data_size: tensor.data.length } } : { data: valuesOf(tensor) }),
    })),
    parameters: { binary_data_output: formats.output === 'binary', ...parameters },
  };
  const json = Buffer.from(JSON.stringify(head));
  const version = model.version === '' ? '' : `/versions/${model.version}`;
  return {
    body: binary ? Buffer.concat([json, ...inputs.map(({ data }) => data)]) : json,
    method: 'POST',
    path: `/v2/models/${encodeURIComponent(model.name)}${version}/infer`,
    headers: binary
      ? { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(json.length) }
      : { 'content-type': 'application/json' },
  };
}

function valuesOf(tensor: Tensor): unknown[] {
  const { datatype, data, name } = tensor;
  if (datatype === 'BYTES') return Array.from(textsOf(tensor), (text) => new TextDecoder().decode(text));
  if (!isDatatype(datatype) || datatype === 'FP16' || datatype === 'BF16') {
    throw new LoadProblem(`${datatype} of '${name}' has no JSON form: --input-tensor-format binary`);
  }
  const values = new DATATYPE_ARRAYS[datatype](Uint8Array.from(data).buffer) as ArrayLike<number | bigint>;
  if (datatype === 'BOOL') return Array.from(values, Boolean);
  return Array.from(values, (value) => Number(Number(value).toPrecision(datatype === 'FP32' ? 9 : 17)));
}
