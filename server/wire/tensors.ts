import { ServeError } from '../core/errors.ts';
import { DATATYPE_BYTES, type Datatype, type Tensor, assertBytes, elements, isDatatype } from '../core/tensor.ts';
import { Fields, pathOf, shown, type Where } from './fields.ts';
import { LIMITS } from './schema.ts';

/**
 * `{name, datatype, shape, data}`; `data` is the elements' bytes, or numbers in a list, flat or
 * nested as the shape says. Fails with `bad_tensor`. A tensor of bytes is a view of them.
 */
export function decodeTensor(value: unknown, where: Where): Tensor {
  const fields = Fields.of(value, 'a tensor', where);
  const name = fields.text('name', LIMITS.idBytesMax);
  const datatype = fields.raw('datatype');
  if (typeof datatype !== 'string' || !isDatatype(datatype)) {
    return fields.fail('datatype', `one of ${Object.keys(DATATYPE_BYTES).join(', ')}`, 'bad_tensor');
  }
  const shape = decodeShape(fields);
  const data = fields.raw('data');
  if (data instanceof Uint8Array) {
    const tensor = { name, datatype, shape, data };
    assertBytes(tensor);
    return tensor;
  }
  if (!Array.isArray(data)) return fields.fail('data', 'bytes or a list of numbers', 'bad_tensor');
  return { name, datatype, shape, data: pack(datatype, shape, data, fields.at('data')) };
}

function decodeShape(fields: Fields): number[] {
  const shape = fields.raw('shape');
  const fits = (size: unknown): boolean => Number.isSafeInteger(size) && (size as number) >= 0;
  if (Array.isArray(shape) && shape.length <= LIMITS.rankMax && shape.every(fits)) return shape as number[];
  return fields.fail('shape', `a list of up to ${LIMITS.rankMax} sizes, integers from 0`, 'bad_tensor');
}

/** The bytes of listed numbers. Nothing is allocated by what the shape claims, only by what came. */
function pack(datatype: Datatype, shape: readonly number[], list: readonly unknown[], where: Where): Uint8Array {
  const form = jsonForm(datatype, 'receiving');
  const flat = Array.isArray(list[0]) ? flatten(list, shape, 0, where, []) : list;
  const count = elements(shape);
  if (flat.length !== count) {
    const sizes = `[${shape.join(',')}]`;
    throw new ServeError('bad_tensor', `${pathOf(where)}: shape ${sizes} needs ${count} elements, got ${flat.length}`);
  }
  const width = DATATYPE_BYTES[datatype];
  const data = new Uint8Array(flat.length * width);
  const view = new DataView(data.buffer);
  for (let i = 0; i < flat.length; i += 1) {
    if (!form.write(view, i * width, flat[i])) {
      throw new ServeError('bad_tensor', `${pathOf(where)}: element ${i}: expected ${form.expected}, got ${shown(flat[i])}`);
    }
  }
  return data;
}

function flatten(
  list: readonly unknown[], shape: readonly number[], level: number, where: Where, out: unknown[],
): unknown[] {
  if (list.length !== shape[level]) {
    const expected = level < shape.length ? `a list of ${shape[level]}` : 'a number';
    throw new ServeError('bad_tensor', `${pathOf(where)}: expected ${expected}, got a list of ${list.length}`);
  }
  for (let i = 0; i < list.length; i += 1) {
    const one = list[i];
    const inner = level + 1 < shape.length;
    if (inner !== Array.isArray(one)) {
      const expected = inner ? `a list of ${shape[level + 1]}` : 'a number';
      throw new ServeError('bad_tensor', `${pathOf({ parent: where, key: i })}: expected ${expected}, got ${shown(one)}`);
    }
    if (inner) flatten(one as unknown[], shape, level + 1, { parent: where, key: i }, out);
    else out.push(one);
  }
  return out;
}

/** The elements as a JSON list, flat. Fails with `backend` where JSON cannot carry them. */
export function tensorJson(tensor: Tensor): string {
  const { name, datatype, data } = tensor;
  const { read } = jsonForm(datatype, 'sending');
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

interface JsonForm {
  readonly expected: string;
  read(view: DataView, at: number): number | bigint | boolean;
  /** False when the value is no such element. */
  write(view: DataView, at: number, value: unknown): boolean;
}

function jsonForm(datatype: Datatype, doing: 'receiving' | 'sending'): JsonForm {
  if (datatype !== 'FP16' && datatype !== 'BF16') return JSON_FORMS[datatype];
  throw new ServeError(
    doing === 'receiving' ? 'bad_tensor' : 'unsupported',
    `${doing} ${datatype} data via JSON is not supported. Please use the binary data format for input`,
  );
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
  UINT8: whole(0, 255, (v, at) => v.getUint8(at), (v, at, x) => v.setUint8(at, x)),
  UINT16: whole(0, 65_535, (v, at) => v.getUint16(at, true), (v, at, x) => v.setUint16(at, x, true)),
  UINT32: whole(0, 2 ** 32 - 1, (v, at) => v.getUint32(at, true), (v, at, x) => v.setUint32(at, x, true)),
  INT8: whole(-128, 127, (v, at) => v.getInt8(at), (v, at, x) => v.setInt8(at, x)),
  INT16: whole(-32_768, 32_767, (v, at) => v.getInt16(at, true), (v, at, x) => v.setInt16(at, x, true)),
  INT32: whole(-(2 ** 31), 2 ** 31 - 1, (v, at) => v.getInt32(at, true), (v, at, x) => v.setInt32(at, x, true)),
  UINT64: long(0n, 2n ** 64n - 1n, (v, at) => v.getBigUint64(at, true), (v, at, x) => v.setBigUint64(at, x, true)),
  INT64: long(-(2n ** 63n), 2n ** 63n - 1n, (v, at) => v.getBigInt64(at, true), (v, at, x) => v.setBigInt64(at, x, true)),
  FP32: float('FP32', Math.fround, (v, at) => v.getFloat32(at, true), (v, at, x) => v.setFloat32(at, x, true)),
  FP64: float('FP64', (x) => x, (v, at) => v.getFloat64(at, true), (v, at, x) => v.setFloat64(at, x, true)),
};

function whole(
  min: number, max: number,
  read: (view: DataView, at: number) => number, set: (view: DataView, at: number, x: number) => void,
): JsonForm {
  return {
    expected: `an integer from ${min} to ${max}`,
    read,
    write(view, at, value) {
      if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) return false;
      set(view, at, value as number);
      return true;
    },
  };
}

function long(
  min: bigint, max: bigint,
  read: (view: DataView, at: number) => bigint, set: (view: DataView, at: number, x: bigint) => void,
): JsonForm {
  return {
    expected: `an integer from ${min} to ${max}`,
    read,
    write(view, at, value) {
      // A number past 2^53 has lost digits on its way: 1e18 and its neighbours are one double.
      const exact = Number.isInteger(value) && Math.abs(value as number) <= 2 ** 53;
      if (typeof value !== 'bigint' && !exact) return false;
      const big = BigInt(value as number | bigint);
      if (big < min || big > max) return false;
      set(view, at, big);
      return true;
    },
  };
}

function float(
  name: string, round: (value: number) => number,
  read: (view: DataView, at: number) => number, set: (view: DataView, at: number, x: number) => void,
): JsonForm {
  return {
    expected: `a finite number that ${name} can hold`,
    read,
    write(view, at, value) {
      const number = typeof value === 'bigint' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(round(number))) return false;
      set(view, at, number);
      return true;
    },
  };
}
