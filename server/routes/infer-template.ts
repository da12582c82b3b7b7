import type { Lane, LaneTensor } from '../batch/lane.ts';
import type { Tensor } from '../core/tensor.ts';
import { inferReply } from '../wire/encode.ts';
import { type FrameLayout, frameLayout } from '../wire/layout.ts';
import { encodeMsgpack } from '../wire/msgpack.ts';
import type { Request } from '../wire/schema.ts';
import { asWords, Pattern } from './frame-words.ts';

type Infer = Extract<Request, { op: 'infer' }>;

/** What is to be done with one hole of a frame: the bytes of one tensor, all rows. */
interface TensorHole {
  readonly at: number; // from the end of the id
  readonly tensor: LaneTensor;
  readonly bytes: number; // of all rows
  /** The tensor's slots in words of four bytes; null where a row is not made of such. */
  readonly words: Int32Array | null;
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
  readonly outputs: readonly TensorHole[];
  readonly replyHeadBytes: number; // before the id
  readonly replyHead: Int32Array; // the same in little-endian words, the last one padded
  readonly replyTailBytes: number; // after the id, with holes
  readonly replyTail: Int32Array;
  readonly #head: Pattern;
  readonly #tail: Pattern; // the holes are not looked at

  private constructor(
    readonly lane: Lane,
    request: Infer,
    frame: Uint8Array,
    layout: FrameLayout,
    rows: number,
    inputs: readonly LaneTensor[],
    outputs: readonly LaneTensor[],
  ) {
    const { idAt, idEnd } = layout;
    this.version = request.version;
    this.deadlineMs = request.deadlineMs;
    this.priority = request.priority ?? 0;
    this.timeoutUs = request.timeoutUs ?? 0;
    this.rows = rows;
    this.idAt = idAt;
    this.tailBytes = frame.length - idEnd;
    this.inputs = tensorHoles(layout, inputs);
    this.#head = new Pattern(frame.slice(0, idAt), [0, idAt]);
    this.#tail = new Pattern(frame.slice(idEnd), fixedParts(this.inputs, this.tailBytes));
    const reply = replyFrame(lane, rows, outputs);
    this.replyHeadBytes = reply.head.length;
    this.replyHead = asWords(reply.head);
    this.replyTailBytes = reply.tail.length;
    this.replyTail = asWords(reply.tail);
    this.outputs = reply.holes;
  }

  /** Null where the request is none that a lane can take as it stands: the decoders' business. */
  static learn(lane: Lane, request: Infer, frame: Uint8Array): InferTemplate | null {
    if (lane.desk || request.sequence || request.context || request.stream) return null;
    if (request.trace || request.classes || request.inputs.length !== lane.inputs.length) return null;
    const layout = frameLayout(frame, 'inputs');
    if (layout === null) return null;
    const rows = rowsFor(lane, request.inputs[0] as Tensor);
    const inputs = request.inputs.map((given) =>
      lane.inputs.find((want) => fitsLane(lane, rows, given, want)),
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

  /** Whether a frame of this length, with its id at `idAt` and up to `idEnd`, may be one of these. */
  fits(length: number, idAt: number, idEnd: number): boolean {
    return length - idEnd === this.tailBytes && idAt === this.idAt;
  }

  /**
   * Whether the frame, which `fits`, differs from the learnt one only where it may. It may stand in
   * a list of requests, from `at` on.
   */
  matches(frame: DataView, idEnd: number, at = 0): boolean {
    return this.#head.matches(frame, at) && this.#tail.matches(frame, idEnd);
  }
}

/** Rows that the tensor brings, or -1 when it brings none that the lane can take. */
export function rowsFor(lane: Lane, { shape }: Tensor): number {
  if (lane.config.max_batch_size === 0) return 1;
  const rows = shape[0] ?? -1;
  return rows >= 1 && rows <= lane.rowsMax ? rows : -1;
}

export function fitsLane(
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

export function wordsOf({ rowBytes, bytes }: LaneTensor): Int32Array | null {
  if (rowBytes % 4 !== 0 || bytes.byteOffset % 4 !== 0) return null;
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}

function fixedParts(holes: readonly TensorHole[], end: number): number[] {
  const parts: number[] = [0];
  for (const { at, bytes } of holes) parts.push(at, at + bytes);
  parts.push(end);
  return parts;
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
  const layout = frameLayout(frame, 'outputs') as FrameLayout;
  return {
    head: frame.slice(0, layout.idAt),
    tail: frame.slice(layout.idEnd),
    holes: tensorHoles(layout, outputs),
  };
}

function tensorHoles({ idEnd, holes }: FrameLayout, tensors: readonly LaneTensor[]): TensorHole[] {
  return holes.map(({ at, end }, i) => {
    const tensor = tensors[i] as LaneTensor;
    return { at: at - idEnd, bytes: end - at, tensor, words: wordsOf(tensor) };
  });
}
