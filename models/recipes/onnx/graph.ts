import assert from 'node:assert/strict';
import {
  ATTRIBUTE_TYPE, ELEMENT_TYPE, encodeOnnx,
  type OnnxAttribute, type OnnxNode, type OnnxTensor, type OnnxValueInfo,
} from './proto.ts';

/** Every runtime since ONNX Runtime 1.13 reads these three. */
const OPSET = 17;
const ML_OPSET = 3; // of the domain that has the trees
const IR_VERSION = 8;

export type ElementType = keyof typeof ELEMENT_TYPE;
/** A size, or the name of a size that is known only when the model runs. */
export type Size = number | string;
export type Attribute = { readonly float: number } | { readonly int: number }
  | { readonly floats: readonly number[] } | { readonly ints: readonly number[] }
  | { readonly string: string } | { readonly strings: readonly string[] };
/** '' is ONNX's own. */
export type Domain = '' | 'ai.onnx.ml';
/** A value of the graph by its name; '' is an optional input left out. */
export type Value = string;

/**
 * An ONNX graph under construction. Nodes are added in the order they run; every call returns the
 * name of the value it made, for later nodes to take.
 */
export class OnnxGraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants: OnnxTensor[] = [];
  readonly #inputs: OnnxValueInfo[] = [];
  readonly #outputs: OnnxValueInfo[] = [];
  readonly #names = new Set<string>();

  constructor(private readonly name: string) {}

  input(name: string, type: ElementType, shape: readonly Size[]): Value {
    this.#inputs.push(valueInfo(this.#claim(name), type, shape));
    return name;
  }

  /** Weights and other fixed numbers; `data` is row-major and is read when the file is written. */
  constant(
    name: string,
    shape: readonly number[],
    data: ConstantArray,
  ): Value {
    assert.equal(data.length, shape.reduce((count, size) => count * size, 1), name);
    this.#constants.push({
      name: this.#claim(name),
      dataType: ELEMENT_TYPE[elementType(data)],
      dims: shape,
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return name;
  }

  scalar(name: string, value: number): Value {
    return this.constant(name, [], Float32Array.of(value));
  }

  /** Integers for inputs such as `axes` and `shape`. */
  integers(name: string, ...values: number[]): Value {
    return this.constant(name, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** A node with one output, which is called `as`, or after the operation. */
  node(
    opType: string,
    input: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
    as = `${opType.toLowerCase()}_${this.#nodes.length}`,
    domain: Domain = '',
  ): Value {
    for (const name of input) {
      assert.ok(name === '' || this.#names.has(name), `${opType} takes unknown '${name}'`);
    }
    const attribute = Object.entries(attributes).map(([key, value]) => protoAttribute(key, value));
    this.#nodes.push({ opType, domain, name: as, input, output: [this.#claim(as)], attribute });
    return as;
  }

  /** A name that nothing has yet: `prefix` and a number. Parts that are built twice need it. */
  fresh(prefix: string): Value {
    let count = 0;
    while (this.#names.has(`${prefix}_${count}`)) count += 1;
    return `${prefix}_${count}`;
  }

  /** Declares a value that a node made as an output of the model. */
  output(value: Value, type: ElementType, shape: readonly Size[]): void {
    assert.ok(this.#names.has(value), value);
    this.#outputs.push(valueInfo(value, type, shape));
  }

  /** The bytes of the `.onnx` file: the same graph gives the same bytes. */
  encode(): Uint8Array {
    const ml = this.#nodes.some(({ domain }) => domain === 'ai.onnx.ml');
    return encodeOnnx({
      irVersion: IR_VERSION,
      producerName: 'vitrine',
      producerVersion: '1',
      opsetImport: [
        { domain: '', version: OPSET },
        ...(ml ? [{ domain: 'ai.onnx.ml', version: ML_OPSET }] : []),
      ],
      graph: {
        name: this.name,
        node: this.#nodes,
        initializer: this.#constants,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
  }

  #claim(name: string): string {
    assert.ok(name !== '' && !this.#names.has(name), `two values are called '${name}'`);
    this.#names.add(name);
    return name;
  }
}

type ConstantArray = Float32Array | Float64Array | Int32Array | BigInt64Array;

function elementType(data: ConstantArray): ElementType {
  if (data instanceof Float32Array) return 'FP32';
  if (data instanceof Float64Array) return 'FP64';
  return data instanceof Int32Array ? 'INT32' : 'INT64';
}

function valueInfo(name: string, type: ElementType, shape: readonly Size[]): OnnxValueInfo {
  const dim = shape.map((size) =>
    typeof size === 'number' ? { dimValue: size } : { dimParam: size });
  return { name, type: { tensorType: { elemType: ELEMENT_TYPE[type], shape: { dim } } } };
}

function protoAttribute(name: string, value: Attribute): OnnxAttribute {
  if ('float' in value) return { name, type: ATTRIBUTE_TYPE.float, f: value.float };
  if ('int' in value) return { name, type: ATTRIBUTE_TYPE.int, i: value.int };
  if ('floats' in value) return { name, type: ATTRIBUTE_TYPE.floats, floats: value.floats };
  if ('ints' in value) return { name, type: ATTRIBUTE_TYPE.ints, ints: value.ints };
  const text = new TextEncoder();
  if ('string' in value) return { name, type: ATTRIBUTE_TYPE.string, s: text.encode(value.string) };
  const strings = value.strings.map((string) => text.encode(string));
  return { name, type: ATTRIBUTE_TYPE.strings, strings };
}
