import { clientMessage } from '../core/client-text.ts';
import type { ServeError } from '../core/errors.ts';
import type { InferResult } from '../core/inference.ts';
import type { Tensor } from '../core/tensor.ts';
import { EncodedBody } from './answer-body.ts';
import { AnswerFrames, isAnswer } from './answer-frame.ts';
import { encodeMsgpack } from './msgpack.ts';
import { toWire } from './names.ts';
import type { RequestId, WireError } from './schema.ts';
import { tensorJson } from './tensors.ts';

export type WireFormat = 'msgpack' | 'json';

const answers = new AnswerFrames();

/** A message in this code's names. `outputs`, where it has them, are tensors. */
export interface Outgoing {
  readonly id?: RequestId | null;
  readonly outputs?: readonly Tensor[];
  /** All but the id, as msgpack alone has it. */
  readonly body?: EncodedBody;
  readonly [name: string]: unknown;
}

/**
 * A message as one frame: bytes, or text for JSON. Fails with `backend` or `unsupported` where a
 * tensor has no JSON form.
 */
export function encodeMessage(format: WireFormat, message: Outgoing): Uint8Array | string {
  if (format === 'json') return encodeJson(message);
  const { body } = message;
  if (body instanceof EncodedBody) return answers.whole(message.id ?? null, body);
  return isAnswer(message) ? answers.encode(message) : encodeMsgpack(toWire(message));
}

/** A message as JSON text; tensors as lists of numbers, 64-bit integers to the last digit. */
export function encodeJson({ outputs, ...rest }: Outgoing): string {
  const text = JSON.stringify(toWire(rest));
  if (outputs === undefined) return text;
  // Lists are written by hand: JSON.stringify knows no 64-bit integers.
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"outputs":${tensorsJson(outputs)}}`;
}

export function tensorsJson(tensors: readonly Tensor[]): string {
  const texts = tensors.map((tensor) => {
    const { name, datatype, shape } = tensor;
    const head = JSON.stringify({ name, datatype, shape });
    return `${head.slice(0, -1)},"data":${tensorJson(tensor)}}`;
  });
  return `[${texts.join(',')}]`;
}

/** What an infer request is answered with; `timing` only to who asked for a trace. */
export function inferReply(id: RequestId, result: InferResult, trace: boolean): Outgoing {
  const { model, version, timing } = result;
  // A tensor may carry more than the wire shows.
  const outputs = result.outputs.map(({ name, datatype, shape, data }) => ({
    name,
    datatype,
    shape,
    data,
  }));
  return { id, model, version, outputs, ...(trace ? { timing } : {}) };
}

export function errorReply(id: RequestId | null, error: ServeError): Outgoing {
  return { id, error: wireError(error) };
}

function wireError(error: ServeError): WireError {
  const { code, retryAfterMs } = error;
  const hint = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs };
  return { code, message: clientMessage(error), ...hint };
}
