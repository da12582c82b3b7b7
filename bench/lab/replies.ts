/** What a reply says, read in TypeScript; the native generator's twin is load/reply.cc. */
import { codecFor } from '../../server/client/codec.ts';
import type { Outcome } from './run.ts';
import { SHED_STATUS, type Marks, type Replies } from './target.ts';

export interface Reply {
  /** NaN: it has none, or cannot be read. */
  readonly id: number;
  readonly outcome: Extract<Outcome, 'answered' | 'shed' | 'failed'> | 'unreadable';
  /** First element of the first output, where the protocol has outputs. */
  readonly value?: number;
  /** The start of a reply that is no answer and no shed. */
  readonly complaint?: string;
}

export type ReadReply = (message: Buffer) => Reply;

const UNREADABLE: Reply = { id: NaN, outcome: 'unreadable' };

/** Never throws, whatever a message holds. */
export function replyReader(replies: Replies): ReadReply {
  if (replies.by === 'order' || replies.by === 'id') return (message) => readMarks(replies, message);
  const codec = codecFor(replies.by);
  return (message) => {
    try {
      const frame = replies.by === 'json' ? message.toString() : Uint8Array.from(message).buffer;
      return readOwn(codec.decode(frame) as OwnReply);
    } catch {
      return UNREADABLE;
    }
  };
}

/** By the status, then by the body. */
export function readResponse(replies: Replies, read: ReadReply, status: number, body: Buffer): Reply {
  const shed = ('shedStatus' in replies && replies.shedStatus) || SHED_STATUS;
  if (shed.includes(status)) return { id: NaN, outcome: 'shed' };
  if (status < 200 || status > 299) return { id: NaN, outcome: 'failed' };
  return read(body);
}

/** With its text, where it is one to complain of. */
export function withComplaint(reply: Reply, message: Buffer, status = 0): Reply {
  if (reply.outcome !== 'failed' && reply.outcome !== 'unreadable') return reply;
  const text = message.toString('latin1', 0, 300).replace(/[^ -~]/g, '.');
  return { ...reply, complaint: `${status === 0 ? '' : `${status} `}${text}` || 'an empty reply' };
}

interface OwnReply {
  readonly id?: unknown;
  readonly error?: { readonly code?: string };
  readonly outputs?: readonly { readonly data?: ArrayLike<number> & Partial<Uint8Array> }[];
  readonly data?: readonly number[];
}

const SHEDS: readonly unknown[] = ['overloaded', 'deadline', 'draining'];

function readOwn({ id, error, outputs, data }: OwnReply): Reply {
  const number = typeof id === 'string' || typeof id === 'number' ? Number(id) : NaN;
  if (Number.isNaN(number)) return UNREADABLE;
  if (error) return { id: number, outcome: SHEDS.includes(error.code) ? 'shed' : 'failed' };
  const first = outputs?.[0]?.data;
  const value = first instanceof Uint8Array && first.length >= 4
    ? new DataView(first.buffer, first.byteOffset).getFloat32(0, true)
    : data?.[0];
  return { id: number, outcome: 'answered', ...(value !== undefined && { value }) };
}

function readMarks(marks: Marks, message: Buffer): Reply {
  let id = NaN;
  if (marks.by === 'id') {
    const after = marks.idAfter ?? '"id":';
    const at = message.indexOf(after);
    const from = at + Buffer.byteLength(after);
    const digits = at < 0 ? null : /^[ "]*(\d+)/.exec(message.toString('latin1', from, from + 32));
    if (!digits) return UNREADABLE;
    id = Number(digits[1]);
  }
  const holds = (mark: string | undefined) => mark !== undefined && mark !== '' && message.includes(mark);
  if (holds(marks.shed)) return { id, outcome: 'shed' };
  if (holds(marks.failed)) return { id, outcome: 'failed' };
  if (marks.ok && !holds(marks.ok)) return { id, outcome: 'failed' };
  return { id, outcome: 'answered' };
}
