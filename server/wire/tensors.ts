import { ServeError } from '../core/errors.ts';
import {
  DATATYPE_BYTES, type Datatype, type Tensor, type TensorDatatype, assertBytes, elements,
  isDatatype, packTexts, textsOf,
} from '../core/tensor.ts';
import { Fields, pathOf, shown, type Where } from './fields.ts';
import { LIMITS } from './schema.ts';

/**
 * `{name, datatype, shape, data}`; `data` is the elements' bytes, or numbers (texts for `BYTES`) in
 * a list, flat or nested as the shape says. Fails with `bad_tensor`. A tensor of bytes is a view of
 * them.
 */
export function decodeTensor(value: unknown, where: Where): Tensor {
  const fields = Fields.of(value, 'a tensor', where);
  const { name, datatype, shape } = decodeTensorHead(fields);
  const data = fields.raw('data');
  if (data instanceof Uint8Array) {
    const tensor = { name, datatype, shape, data };
    assertBytes(tensor);
    return tensor;
  }
  if (!Array.isArray(data)) return fields.fail('data', 'bytes or a list of numbers', 'bad_tensor');
  return { name, datatype, shape, data: packList(name, datatype, shape, data, fields.at('data')) };
}

/** What a tensor says of itself, without its data. */
export function decodeTensorHead(fields: Fields): Omit<Tensor, 'data'> {
  const name = fields.text('name', LIMITS.idBytesMax);
  const datatype = fields.raw('datatype');
  if (typeof datatype !== 'string' || !(isDatatype(datatype) || datatype === 'BYTES')) {
    const known = [...Object.keys(DATATYPE_BYTES), 'BYTES'].join(', ');
    return fields.fail('datatype', `one of ${known}`, 'bad_tensor');
  }
  return { name, datatype, shape: decodeShape(fields) };
}

function decodeShape(fields: Fields): number[] {
  const shape = fields.raw('shape');
  const { rankMax } = LIMITS;
  if (!Array.isArray(shape) || shape.length > rankMax) {
    return fields.fail('shape', `a list of up to ${rankMax} sizes`, 'bad_tensor');
  }
  const wrong = shape.findIndex((size) => !Number.isSafeInteger(size) || size < 0);
  if (wrong < 0) return shape;
  const where = { parent: fields.at('shape'), key: wrong };
  throw bad(where, `expected a size, an integer from 0, got ${shown(shape[wrong])}`);
}

/** The bytes of listed elements. Memory is taken for what came, never for what the shape claims. */
function packList(
  name: string, datatype: TensorDatatype, shape: readonly number[], list: readonly unknown[],
  where: Where,
): Uint8Array {
  const form = datatype === 'BYTES' ? null : jsonForm(datatype, 'receiving', name);
  const flat = Array.isArray(list[0]) ? flatten(list, shape, 0, where, []) : list;
  const count = elements(shape);
  if (flat.length !== count) {
    throw bad(where, `shape [${shape.join(',')}] needs ${count} elements, got ${flat.length}`);
  }
  if (form === null) return packTexts(flat.map((text, i) => textBytes(text, i, where)));
  const width = DATATYPE_BYTES[datatype as Datatype];
  const data = new Uint8Array(flat.length * width);
  const view = new DataView(data.buffer);
  for (let i = 0; i < flat.length; i += 1) {
    if (!form.write(view, i * width, flat[i])) {
      throw bad(where, `element ${i}: expected ${form.expected}, got ${shown(flat[i])}`);
    }
  }
  return data;
}

function textBytes(text: unknown, at: number, where: Where): Uint8Array {
  if (typeof text === 'string') return Buffer.from(text);
  if (text instanceof Uint8Array) return text;
  throw bad(where, `element ${at}: expected text, got ${shown(text)}`);
}

function flatten(
  list: readonly unknown[], shape: readonly number[], level: number, where: Where, out: unknown[],
): unknown[] {
  if (list.length !== shape[level]) {
    const expected = level < shape.length ? `a list of ${shape[level]}` : 'a number';
    throw bad(where, `expected ${expected}, got a list of ${list.length}`);
  }
  for (let i = 0; i < list.length; i += 1) {
    const one = list[i];
    const inner = level + 1 < shape.length;
    if (inner !== Array.isArray(one)) {
      const expected = inner ? `a list of ${shape[level + 1]}` : 'a number';
      throw bad({ parent: where, key: i }, `expected ${expected}, got ${shown(one)}`);
    }
    if (inner) flatten(one as unknown[], shape, level + 1, { parent: where, key: i }, out);
    else out.push(one);
  }
  return out;
}

function bad(where: Where, what: string): ServeError {
  return new ServeError('bad_tensor', `${pathOf(where)}: ${what}`);
}

/** The elements as a JSON list, flat. Fails with `backend` where JSON cannot carry them. */
export function tensorJson(tensor: Tensor): string {
  const { name, datatype, data } = tensor;
  if (datatype === 'BYTES') return `[${Array.from(textsOf(tensor), textJson).join(',')}]`;
  const { read } = jsonForm(datatype, 'sending', name);
  const width = DATATYPE_BYTES[datatype];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const texts = new Array<string>(data.byteLength / width);
  for (let i = 0; i < texts.length; i += 1) {
    const value = read(view, i * width);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new ServeError('backend', `output '${name}' holds ${value}, which JSON cannot carry`);
    }
    texts[i] = String(value);
  }
  return `[${texts.join(',')}]`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textJson(text: Uint8Array): string {
  try {
    return JSON.stringify(utf8.decode(text));
  } catch (cause) {
    const why = 'an output of BYTES holds what is no UTF-8 and JSON cannot carry';
    throw new ServeError('backend', why, { cause });
  }
}

interface JsonForm {
  readonly expected: string;
  read(view: DataView, at: number): number | bigint | boolean;
  /** False when the value is no such element. */
  write(view: DataView, at: number, value: unknown): boolean;
}

function jsonForm(datatype: Datatype, doing: 'receiving' | 'sending', name: string): JsonForm {
  if (datatype !== 'FP16' && datatype !== 'BF16') return JSON_FORMS[datatype];
  const advice = 'Please use the binary data format for';
  const side = doing === 'receiving' ? `input ${name}` : 'output';
  const detail = `${doing} ${datatype} data via JSON is not supported. ${advice} ${side}`;
  throw new ServeError(doing === 'receiving' ? 'bad_tensor' : 'unsupported', detail);
}

const JSON_FORMS: { readonly [Name in Exclude<Datatype, 'FP16' | 'BF16'>]: JsonForm } = {
  BOOL: {
    expected: 'true or false',
    read: (view, at) => view.getUint8(at) !== 0,
    write(view, at, value) {
      if (value !== true && value !== false && value !== 0 && value !== 1) return false;
      view.setUint8(at, Number(value));
      return true;
    },
  },
  UINT8: whole(0, 255, 'getUint8', 'setUint8'),
  UINT16: whole(0, 65_535, 'getUint16', 'setUint16'),
  UINT32: whole(0, 2 ** 32 - 1, 'getUint32', 'setUint32'),
  UINT64: long(0n, 2n ** 64n - 1n, 'getBigUint64', 'setBigUint64'),
  INT8: whole(-128, 127, 'getInt8', 'setInt8'),
  INT16: whole(-32_768, 32_767, 'getInt16', 'setInt16'),
  INT32: whole(-(2 ** 31), 2 ** 31 - 1, 'getInt32', 'setInt32'),
  INT64: long(-(2n ** 63n), 2n ** 63n - 1n, 'getBigInt64', 'setBigInt64'),
  FP32: float('FP32', Math.fround, 'getFloat32', 'setFloat32'),
  FP64: float('FP64', (x) => x, 'getFloat64', 'setFloat64'),
};

type Get<Bits extends string> = `get${Bits}` & keyof DataView;
type Set<Bits extends string> = `set${Bits}` & keyof DataView;
type Whole = 'Uint8' | 'Uint16' | 'Uint32' | 'Int8' | 'Int16' | 'Int32';
type Long = 'BigUint64' | 'BigInt64';
type Float = 'Float32' | 'Float64';

function whole(min: number, max: number, get: Get<Whole>, set: Set<Whole>): JsonForm {
  return {
    expected: `an integer from ${min} to ${max}`,
    read: (view, at) => view[get](at, true),
    write(view, at, value) {
      if (!Number.isInteger(value)) return false;
      const integer = value as number;
      if (integer < min || integer > max) return false;
      view[set](at, integer, true);
      return true;
    },
  };
}

function long(min: bigint, max: bigint, get: Get<Long>, set: Set<Long>): JsonForm {
  return {
    expected: `an integer from ${min} to ${max}`,
    read: (view, at) => view[get](at, true),
    write(view, at, value) {
      // A number past 2^53 has lost digits on its way: 1e18 and its neighbours are one double.
      const exact = Number.isInteger(value) && Math.abs(value as number) <= 2 ** 53;
      if (typeof value !== 'bigint' && !exact) return false;
      const big = BigInt(value as number | bigint);
      if (big < min || big > max) return false;
      view[set](at, big, true);
      return true;
    },
  };
}

function float(
  name: string, round: (value: number) => number, get: Get<Float>, set: Set<Float>,
): JsonForm {
  return {
    expected: `a finite number that ${name} can hold`,
    read: (view, at) => view[get](at, true),
    write(view, at, value) {
      const number = typeof value === 'bigint' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(round(number))) return false;
      view[set](at, number, true);
      return true;
    },
  };
}
