import type { Lane, LaneTensor } from '../batch/lane.ts';
import type { Tensor } from '../core/tensor.ts';
import { inferReply } from '../wire/encode.ts';
import { type FrameLayout, frameLayout } from '../wire/layout.ts';
import { encodeMsgpack } from '../wire/msgpack.ts';
import type { Request } from '../wire/schema.ts';

type Infer = Extract<Request, { op: 'infer' }>;

/** What is to be done with one hole of a frame: the bytes of one tensor, all rows. */
interface TensorHole {
  readonly at: number; // from the end of the id
  readonly tensor: LaneTensor;
  readonly bytes: number; // of all rows
}

/**
 * A shape of infer request, learnt from one that the decoders took, for a lane that it fits.
 * Another frame that has the same bytes everywhere but in its id and its tensors' data means the
 * same, so it need not be decoded: its data goes where this one's went, and its reply has this
 * one's bytes.
 */
export class InferTemplate {
  readonly version: string | undefined; // as it was asked for
  readonly deadlineMs: number | undefined;
  readonly priority: number;
  readonly timeoutUs: number;
  readonly rows: number;
  readonly idAt: number;
  readonly tailBytes: number; // from the end of the id to the end of the frame
  readonly inputs: readonly TensorHole[];
  /** The inputs' slots in words of four bytes; null where a row is not made of such. */
  readonly words: readonly (Int32Array | null)[];
  readonly outputs: readonly TensorHole[];
  readonly replyHead: Uint8Array; // before the id
  readonly replyTailBytes: number; // after it, with holes
  readonly replyTail: Int32Array; // the same in little-endian words, the last one padded
  readonly #head: Uint8Array;
  readonly #tail: Uint8Array; // the holes are not looked at
  readonly #fixed: readonly number[]; // pairs: from, to; the parts of the tail between the holes

  private constructor(
    readonly lane: Lane,
    request: Infer,
    frame: Uint8Array,
    layout: FrameLayout,
    rows: number,
    inputs: readonly LaneTensor[],
    outputs: readonly LaneTensor[],
  ) {
    const { idAt, idEnd, holes } = layout;
    this.version = request.version;
    this.deadlineMs = request.deadlineMs;
    this.priority = request.priority ?? 0;
    this.timeoutUs = request.timeoutUs ?? 0;
    this.rows = rows;
    this.idAt = idAt;
    this.tailBytes = frame.length - idEnd;
    this.inputs = holes.map((hole, i) => ({
      at: hole.at - idEnd,
      bytes: hole.end - hole.at,
      tensor: inputs[i] as LaneTensor,
    }));
    this.words = inputs.map(wordsOf);
    this.#head = frame.slice(0, idAt);
    this.#tail = frame.slice(idEnd);
    this.#fixed = fixedParts(this.inputs, this.tailBytes);
    const reply = replyFrame(lane, rows, outputs);
    this.replyHead = reply.head;
    this.replyTailBytes = reply.tail.length;
    this.replyTail = asWords(reply.tail);
    this.outputs = reply.holes;
  }

  /** Null where the request is none that a lane can take as it stands: the decoders' business. */
  static learn(lane: Lane, request: Infer, frame: Uint8Array): InferTemplate | null {
    if (request.trace || request.classes || request.inputs.length !== lane.inputs.length) return null;
    const layout = frameLayout(frame, 'inputs');
    if (layout === null) return null;
    const rows = rowsOf(lane, request.inputs[0] as Tensor);
    const inputs = request.inputs.map((given) =>
      lane.inputs.find((want) => fits(lane, rows, given, want)),
    );
    if (inputs.some((input, i) => input === undefined || inputs.indexOf(input) !== i)) return null;
    const names = request.outputs ?? lane.outputs.map(({ spec }) => spec.name);
    const outputs = names.map((name) => lane.outputs.find(({ spec }) => spec.name === name));
    if (outputs.includes(undefined) || new Set(names).size !== names.length) return null;
    return new InferTemplate(
      lane,
      request,
      frame,
      layout,
      rows,
      inputs as LaneTensor[],
      outputs as LaneTensor[],
    );
  }

  /** Whether the frame, whose id ends at `idEnd`, differs from the learnt one only where it may. */
  matches(frame: Uint8Array, idAt: number, idEnd: number): boolean {
    if (frame.length - idEnd !== this.tailBytes || idAt !== this.idAt) return false;
    const head = this.#head;
    for (let i = 0; i < head.length; i += 1) if (frame[i] !== head[i]) return false;
    const tail = this.#tail;
    const fixed = this.#fixed;
    for (let part = 0; part < fixed.length; part += 2) {
      const to = fixed[part + 1] as number;
      for (let i = fixed[part] as number; i < to; i += 1) {
        if (frame[idEnd + i] !== tail[i]) return false;
      }
    }
    return true;
  }
}

/** Rows that the tensor brings, or -1 when it brings none that the lane can take. */
function rowsOf(lane: Lane, { shape }: Tensor): number {
  if (lane.config.max_batch_size === 0) return 1;
  const rows = shape[0] ?? -1;
  return rows >= 1 && rows <= lane.rowsMax ? rows : -1;
}

function fits(
  lane: Lane,
  rows: number,
  given: Tensor,
  { spec, rowBytes, bytes }: LaneTensor,
): boolean {
  const dims = lane.config.max_batch_size === 0 ? spec.dims : [rows, ...spec.dims];
  // 16 and 64-bit floats may be NaN and are rare: they are left to the decoders.
  const checked =
    given.datatype === 'FP32' ? bytes.byteOffset % 4 === 0 : !/^(FP|BF)/.test(given.datatype);
  return (
    checked &&
    rows > 0 &&
    given.name === spec.name &&
    given.datatype === spec.datatype &&
    given.shape.length === dims.length &&
    given.shape.every((size, i) => size === dims[i]) &&
    given.data.byteLength === rows * rowBytes &&
    rowBytes > 0
  );
}

function wordsOf({ rowBytes, bytes }: LaneTensor): Int32Array | null {
  if (rowBytes % 4 !== 0 || bytes.byteOffset % 4 !== 0) return null;
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}

function fixedParts(holes: readonly TensorHole[], end: number): number[] {
  const parts: number[] = [0];
  for (const { at, bytes } of holes) parts.push(at, at + bytes);
  parts.push(end);
  return parts;
}

function asWords(bytes: Uint8Array): Int32Array {
  const words = new DataView(new ArrayBuffer((bytes.length + 3) & ~3));
  bytes.forEach((byte, at) => words.setUint8(at, byte));
  return Int32Array.from({ length: words.byteLength >> 2 }, (_, i) => words.getInt32(i * 4, true));
}

/** The reply as the encoder writes it, taken apart at its id and its outputs. */
function replyFrame(lane: Lane, rows: number, outputs: readonly LaneTensor[]) {
  const batched = lane.config.max_batch_size > 0;
  const blank = outputs.map(({ spec: { name, datatype, dims }, rowBytes }) => {
    return {
      name,
      datatype,
      shape: batched ? [rows, ...dims] : dims,
      data: new Uint8Array(rows * rowBytes),
    };
  });
  const timing = { queueUs: 0, runUs: 0, batchRows: 0, batchReason: 'idle' as const };
  const result = { model: lane.model, version: lane.version, outputs: blank, timing };
  const frame = encodeMsgpack(inferReply(0, result, false));
  const { idAt, idEnd, holes } = frameLayout(frame, 'outputs') as FrameLayout;
  return {
    head: frame.slice(0, idAt),
    tail: frame.slice(idEnd),
    holes: holes.map((hole, i) => ({
      at: hole.at - idEnd,
      bytes: hole.end - hole.at,
      tensor: outputs[i] as LaneTensor,
    })),
  };
}
