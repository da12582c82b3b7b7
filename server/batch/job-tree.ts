import { Prng } from '../core/prng.ts';
import type { LaneJob } from './job.ts';

/**
 * Jobs in order of `orderUs`, then of arrival, linked through themselves: a treap (Seidel & Aragon
 * 1996) that knows the rows below each job. Adding, removing and counting those ahead of a place
 * take O(log n) steps expected, and nothing is allocated.
 */
export class JobTree {
  #root: LaneJob | null = null;
  readonly #chance: Prng;

  constructor(seed = 1) {
    this.#chance = new Prng(seed);
  }

  get empty(): boolean {
    return this.#root === null;
  }

  get first(): LaneJob | null {
    let job = this.#root;
    while (job?.left) job = job.left;
    return job;
  }

  add(job: LaneJob): void {
    job.left = null;
    job.right = null;
    job.rowsBelow = job.rows;
    job.heat = this.#chance.uint32();
    this.#root = insert(this.#root, job);
  }

  /** The job must be in this tree. */
  remove(job: LaneJob): void {
    this.#root = removed(this.#root as LaneJob, job);
    job.left = null;
    job.right = null;
  }

  /** Rows of the jobs whose `orderUs` is at most this. */
  rowsUntil(orderUs: number): number {
    let rows = 0;
    for (let job = this.#root; job; ) {
      if (job.orderUs > orderUs) {
        job = job.left;
        continue;
      }
      rows += job.rowsBelow - (job.right?.rowsBelow ?? 0);
      job = job.right;
    }
    return rows;
  }

  /** Appends the jobs whose `orderUs` is at most this, in order. */
  collect(orderUs: number, into: LaneJob[]): void {
    collect(this.#root, orderUs, into);
  }

  /** The first job whose `orderUs` is more than this. */
  after(orderUs: number): LaneJob | null {
    let found: LaneJob | null = null;
    for (let job = this.#root; job; ) {
      if (job.orderUs > orderUs) {
        found = job;
        job = job.left;
      } else {
        job = job.right;
      }
    }
    return found;
  }
}

function goesBefore(a: LaneJob, b: LaneJob): boolean {
  return a.orderUs < b.orderUs || (a.orderUs === b.orderUs && a.sequence < b.sequence);
}

function count(job: LaneJob): LaneJob {
  job.rowsBelow = job.rows + (job.left?.rowsBelow ?? 0) + (job.right?.rowsBelow ?? 0);
  return job;
}

function insert(root: LaneJob | null, job: LaneJob): LaneJob {
  if (root === null) return job;
  if (goesBefore(job, root)) {
    const left = insert(root.left, job);
    if (left.heat <= root.heat) {
      root.left = left;
      return count(root);
    }
    root.left = left.right;
    left.right = count(root);
    return count(left);
  }
  const right = insert(root.right, job);
  if (right.heat <= root.heat) {
    root.right = right;
    return count(root);
  }
  root.right = right.left;
  right.left = count(root);
  return count(right);
}

function removed(root: LaneJob, job: LaneJob): LaneJob | null {
  if (root === job) return merged(root.left, root.right);
  if (goesBefore(job, root)) root.left = removed(root.left as LaneJob, job);
  else root.right = removed(root.right as LaneJob, job);
  return count(root);
}

/** Both as one tree; all of `before` stands before all of `after`. */
function merged(before: LaneJob | null, after: LaneJob | null): LaneJob | null {
  if (before === null) return after;
  if (after === null) return before;
  if (before.heat > after.heat) {
    before.right = merged(before.right, after);
    return count(before);
  }
  after.left = merged(before, after.left);
  return count(after);
}

function collect(job: LaneJob | null, orderUs: number, into: LaneJob[]): void {
  if (job === null) return;
  collect(job.left, orderUs, into);
  if (job.orderUs > orderUs) return;
  into.push(job);
  collect(job.right, orderUs, into);
}
