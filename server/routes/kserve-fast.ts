import { noRoom } from '../batch/infer.ts';
import type { Job, Lane, LaneTensor } from '../batch/lane.ts';
import type { ServeError } from '../core/errors.ts';
import { gatherRows } from '../core/rows.ts';
import type { HttpRequest } from '../transport/transport.ts';
import type { KserveInfer } from '../wire/kserve-request.ts';
import { copyWords, FrameWords, Pattern } from './frame-words.ts';
import { fitsLane, rowsFor, wordsOf } from './infer-template.ts';
import type { Answer } from './router.ts';

const TEMPLATES_MAX = 16; // of a lane: shapes in use at once; the oldest makes room
const HEAD_BYTES_MAX = 2048;
const NONE: readonly Template[] = [];

/** One tensor's bytes in a body, all rows of it. */
interface BodyPart {
  readonly at: number;
  readonly tensor: LaneTensor;
  readonly words: Int32Array;
}

/** A shape of request, learnt from one that was answered: JSON, and all tensors in binary behind it. */
interface Template {
  readonly bytes: number;
  readonly head: Pattern;
  readonly headBytes: string; // as the header says it
  readonly rows: number;
  readonly inputs: readonly BodyPart[];
  readonly headers: Answer['headers'];
  readonly answerHead: Uint8Array;
  readonly outputs: readonly { readonly at: number; readonly tensor: LaneTensor }[];
  readonly answerBytes: number;
}

/**
 * Infer over HTTP with binary tensors, without reading the JSON: a body that begins with the same
 * JSON as one before means the same, and its answer begins with the same JSON. Says no to all else,
 * which the general path then takes; both give the same answers.
 */
export class KserveFast {
  readonly #templates = new WeakMap<Lane, Template[]>(); // a lane that is replaced leaves with its own
  readonly #words = new FrameWords();

  /**
   * The answer, or null where the request is the general path's, as it is where the answer has more
   * than `bytesMax`. Throws `overloaded`; what it fails with is put into words by `inWords`.
   */
  take(
    lane: Lane, request: HttpRequest, bytesMax: number,
    inWords: (error: ServeError) => ServeError,
  ): Promise<Answer> | null {
    const template = this.#find(lane, request);
    if (template === null || template.answerBytes > bytesMax) return null;
    const { rows } = template;
    const job = lane.take(rows);
    if (job === null) throw noRoom(lane, rows);
    if (!this.#fill(template, job)) {
      lane.giveBack(job);
      return null; // it says which number is not finite
    }
    return new Promise((resolve, reject) => {
      let open = true;
      job.onSettled = (done: Job, error: ServeError | null): void => {
        open = false;
        if (error) reject(inWords(error));
        else resolve(answerOf(template, done));
      };
      lane.submit(job);
      request.onAbort(() => void (open && lane.cancel(job)));
    });
  }

  /** Learns from a request of one plain body, and what it was answered. */
  learn(lane: Lane, request: HttpRequest, asked: KserveInfer, answer: Answer): void {
    const template = templateOf(lane, request, asked, answer);
    if (template === null || this.#find(lane, request) !== null) return;
    const own = this.#templates.get(lane) ?? [];
    this.#templates.set(lane, own);
    if (own.length >= TEMPLATES_MAX) own.shift();
    own.push(template);
  }

  #find(lane: Lane, request: HttpRequest): Template | null {
    const { body } = request;
    for (const template of this.#templates.get(lane) ?? NONE) {
      if (template.bytes !== body.byteLength) continue;
      if (request.header('inference-header-content-length') !== template.headBytes) continue;
      if (template.head.matches(this.#words.take(body), 0)) return template;
    }
    return null;
  }

  #fill({ inputs, rows }: Template, job: Job): boolean {
    const { view } = this.#words;
    let finite = true;
    for (const { at, tensor, words } of inputs) {
      const { rowBytes, spec } = tensor;
      for (let row = 0; row < rows; row += 1) {
        const to = ((job.slots[row] as number) * rowBytes) >> 2;
        const whole = copyWords(view, at + row * rowBytes, words, to, rowBytes >> 2);
        if (!whole && spec.datatype === 'FP32') finite = false;
      }
    }
    return finite;
  }
}

function answerOf({ headers, answerHead, answerBytes, outputs, rows }: Template, job: Job): Answer {
  const body = Buffer.allocUnsafe(answerBytes);
  body.set(answerHead);
  for (const { at, tensor } of outputs) {
    gatherRows(tensor.bytes, job.slots, rows, tensor.rowBytes, body.subarray(at));
  }
  return { status: 200, headers, body };
}

/** Null where anything of the request or its answer is not the same for all that begin so. */
function templateOf(
  lane: Lane, request: HttpRequest, asked: KserveInfer, answer: Answer,
): Template | null {
  const { body } = request;
  const headBytes = request.header('inference-header-content-length');
  const { id, trace, outputs } = asked;
  const all = lane.outputs.map(({ spec }) => spec.name);
  const { inputs, outputs: names = all, parameters = {}, ...more } = asked.request;
  const wanted = names.map((name) => outputs.get(name) ?? { binary: asked.binary, classes: 0 });
  const plain = id === '' && !trace && Object.keys(more).length === 0 &&
    Object.keys(parameters).every((name) => name === 'binary_data_output') && answer.status === 200 &&
    wanted.every(({ binary, classes }) => binary && classes === 0);
  const from = Number(headBytes);
  if (!plain || lane.desk || lane.loose || headBytes === '' || from > HEAD_BYTES_MAX) return null;
  const rows = inputs[0] ? rowsFor(lane, inputs[0]) : -1;
  const parts: BodyPart[] = [];
  let at = from;
  for (const tensor of inputs) {
    const slots = lane.inputs.find((one) => fitsLane(lane, rows, tensor, one));
    const words = slots && wordsOf(slots);
    if (!words || parts.some((part) => part.tensor === slots)) return null;
    parts.push({ at, tensor: slots, words });
    at += tensor.data.byteLength;
  }
  // Data in the JSON would not stand behind it.
  if (at !== body.byteLength || parts.length !== lane.inputs.length) return null;
  const answerBody = answer.body as Uint8Array;
  const answerHead = answerBody.slice(0, Number(answer.headers['inference-header-content-length']));
  let end = answerHead.byteLength;
  const results = names.map((name) => {
    const tensor = lane.outputs.find(({ spec }) => spec.name === name) as LaneTensor;
    const result = { at: end, tensor };
    end += rows * tensor.rowBytes;
    return result;
  });
  if (end !== answerBody.byteLength) return null;
  return {
    rows, headBytes, inputs: parts, answerHead, outputs: results, headers: answer.headers,
    bytes: body.byteLength, answerBytes: end, head: new Pattern(body.slice(0, from), [0, from]),
  };
}
