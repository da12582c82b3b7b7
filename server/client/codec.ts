import { Packr, Unpackr } from 'msgpackr';
import {
  DATATYPE_ARRAYS, DATATYPE_BYTES, isDatatype, packTexts, textsOf, type Datatype, type Tensor,
} from '../core/tensor.ts';
import { VitrineError } from './errors.ts';
import { fromWire, toWire } from './names.ts';

export type Encoding = 'msgpack' | 'json';

/** Values to frames and back, for one subprotocol. */
export interface Codec {
  readonly subprotocol: 'vitrine.v1.msgpack' | 'vitrine.v1.json';
  /** A message as one frame. What it holds may be changed once this has returned. */
  encode(message: object): Uint8Array | string;
  /** A frame as a value, names in camelCase. Throws on what does not decode. */
  decode(frame: ArrayBuffer | string): unknown;
}

export function codecFor(encoding: Encoding): Codec {
  return encoding === 'json' ? jsonCodec() : msgpackCodec();
}

/** Binary frames: tensors travel as their bytes. */
function msgpackCodec(): Codec {
  // Plain maps only: records would need the server to know msgpackr's extension.
  const options = { useRecords: false, int64AsType: 'number', mapsAsObjects: true } as const;
  const packr = new Packr(options);
  const unpackr = new Unpackr(options);
  return {
    subprotocol: 'vitrine.v1.msgpack',
    encode: (message) => packr.pack(toWire(message)),
    decode(frame) {
      if (typeof frame === 'string') throw new TypeError('a text frame on the binary subprotocol');
      return fromWire(unpackr.unpack(new Uint8Array(frame)));
    },
  };
}

/**
 * Text frames, for looking at and for tools: tensors travel as lists of numbers, as in KServe's
 * JSON. Integers beyond 2^53 are refused on the way out; on the way in JSON.parse rounds them.
 */
function jsonCodec(): Codec {
  return {
    subprotocol: 'vitrine.v1.json',
    encode: (message) => JSON.stringify(toWire(withListed(message))),
    decode(frame) {
      if (typeof frame !== 'string') throw new TypeError('a binary frame on the text subprotocol');
      return withBytes(fromWire(JSON.parse(frame)));
    },
  };
}

function withListed(message: object): object {
  if (!('inputs' in message)) return message;
  return { ...message, inputs: (message.inputs as Tensor[]).map(listed) };
}

function listed(tensor: Tensor): object {
  if (tensor.datatype === 'BYTES') {
    return { ...tensor, data: Array.from(textsOf(tensor), (text) => new TextDecoder().decode(text)) };
  }
  const View = DATATYPE_ARRAYS[listable(tensor.datatype)];
  // A view of a message need not be aligned. Not `slice`: of a Buffer that is no copy.
  const aligned = new Uint8Array(tensor.data).buffer;
  const values = new View(aligned) as ArrayLike<number | bigint>;
  return { ...tensor, data: Array.from(values, exactNumber) };
}

function withBytes(reply: unknown): unknown {
  if (typeof reply !== 'object' || reply === null || !('outputs' in reply)) return reply;
  return { ...reply, outputs: (reply.outputs as object[]).map(bytes) };
}

function bytes(tensor: object): object {
  const { datatype, data } = tensor as { datatype: string; data: (number | boolean)[] };
  if (datatype === 'BYTES') {
    const texts = (data as unknown as string[]).map((text) => new TextEncoder().encode(text));
    return { ...tensor, data: packTexts(texts) };
  }
  if (!isDatatype(datatype)) return tensor;
  const View = DATATYPE_ARRAYS[listable(datatype)];
  const buffer = new ArrayBuffer(data.length * DATATYPE_BYTES[datatype]);
  const values = new View(buffer) as unknown as (number | bigint)[];
  const big = typeof values[0] === 'bigint';
  for (let i = 0; i < data.length; i += 1) {
    values[i] = big ? BigInt(data[i] as number) : Number(data[i]);
  }
  return { ...tensor, data: new Uint8Array(buffer) };
}

function exactNumber(value: number | bigint): number {
  const number = Number(value);
  if (typeof value === 'number' || Number.isSafeInteger(number)) return number;
  throw new VitrineError('unsupported', `${value} is beyond 2^53: use the msgpack encoding`);
}

/** The datatype, which must be one whose elements JSON can carry. */
function listable(datatype: Datatype): Datatype {
  if (datatype !== 'FP16' && datatype !== 'BF16') return datatype;
  throw new VitrineError('unsupported', `${datatype} has no JSON form: use the msgpack encoding`);
}
