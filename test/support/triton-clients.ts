/**
 * The bytes that Triton's own clients send, and how they read answers. Written after their sources:
 * `tritonclient/http` (Python: compact JSON, keys in this order, outputs in binary where none is
 * named) and the C++ library under perf_analyzer (an `id` even where it is empty, `Expect:` off).
 */
import assert from 'node:assert/strict';
import type { Exchanged } from './kserve-server.ts';

export interface ClientInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: Uint8Array | readonly unknown[]; // bytes travel behind the JSON
}

export interface ClientOptions {
  readonly id?: string;
  readonly outputs?: readonly { readonly name: string; readonly binary?: boolean; readonly classes?: number }[];
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** `tritonclient.http.InferenceServerClient.infer`. */
export function pythonInfer(path: string, inputs: readonly ClientInput[], options: ClientOptions = {}) {
  const { id = '', outputs = [], parameters = {} } = options;
  const wanted = outputs.map(({ name, binary = true, classes = 0 }) => ({
    name,
    parameters: { ...(classes > 0 ? { classification: classes } : {}), binary_data: binary },
  }));
  const all = { ...parameters, ...(outputs.length === 0 ? { binary_data_output: true } : {}) };
  const head = JSON.stringify({
    ...(id === '' ? {} : { id }),
    inputs: inputs.map(inputOf),
    ...(outputs.length === 0 ? {} : { outputs: wanted }),
    ...(Object.keys(all).length === 0 ? {} : { parameters: all }),
  });
  const behind = bytesOf(inputs);
  return requestOf('POST', path, {
    'User-Agent': 'python/gevent-http-client-2.0.11',
    ...(behind.length > 0 ? { 'Inference-Header-Content-Length': String(head.length) } : {}),
  }, Buffer.concat([Buffer.from(head), ...behind]));
}

/** `InferenceServerHttpClient::Infer` of the C++ library, which perf_analyzer drives. */
export function cppInfer(path: string, inputs: readonly ClientInput[], options: ClientOptions = {}) {
  const { id = '', outputs = [], parameters = {} } = options;
  const all = { ...parameters, ...(outputs.length === 0 ? { binary_data_output: true } : {}) };
  const head = JSON.stringify({
    id,
    ...(Object.keys(all).length === 0 ? {} : { parameters: all }),
    inputs: inputs.map(inputOf),
    ...(outputs.length === 0 ? {} : {
      outputs: outputs.map(({ name }) => ({ name, parameters: { binary_data: true } })),
    }),
  });
  const behind = bytesOf(inputs);
  return requestOf('POST', path, {
    Accept: '*/*',
    ...(behind.length > 0 ? { 'Inference-Header-Content-Length': String(head.length) } : {}),
    'Content-Type': behind.length > 0 ? 'application/octet-stream' : 'application/json',
  }, Buffer.concat([Buffer.from(head), ...behind]));
}

export function clientGet(path: string): Buffer {
  return requestOf('GET', path, { Accept: '*/*' });
}

export function clientPost(path: string, body: object | string): Buffer {
  return requestOf('POST', path, {}, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

export interface ClientOutput {
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Buffer | readonly unknown[];
}

/** An answer as both clients read it: binary outputs by `binary_data_size`, in order. */
export function readOutputs({ status, headers, body }: Exchanged): Map<string, ClientOutput> {
  const jsonBytes = headers['inference-header-content-length'];
  const head = jsonBytes === undefined ? body : body.subarray(0, Number(jsonBytes));
  const answer = JSON.parse(head.toString()) as { error?: string; outputs: Record<string, unknown>[] };
  assert.equal(status, 200, answer.error);
  let at = head.byteLength;
  const outputs = new Map<string, ClientOutput>();
  for (const { name, datatype, shape, parameters, data } of answer.outputs) {
    const size = (parameters as { binary_data_size?: number } | undefined)?.binary_data_size;
    const own = size === undefined ? (data as unknown[]) : body.subarray(at, (at += size));
    outputs.set(name as string, { datatype: datatype as string, shape: shape as number[], data: own });
  }
  assert.equal(at, body.byteLength, 'bytes that belong to no output');
  return outputs;
}

function inputOf({ name, shape, datatype, data }: ClientInput): object {
  if (!(data instanceof Uint8Array)) return { name, shape, datatype, data };
  return { name, shape, datatype, parameters: { binary_data_size: data.byteLength } };
}

function bytesOf(inputs: readonly ClientInput[]): Uint8Array[] {
  return inputs.map(({ data }) => data).filter((data) => data instanceof Uint8Array);
}

function requestOf(
  method: string, path: string, headers: Record<string, string>, body?: Buffer,
): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost:8000'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body) lines.push(`Content-Length: ${body.byteLength}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body ?? Buffer.alloc(0)]);
}
