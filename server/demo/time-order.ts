/** A thing that happens at a time. */
interface Timed {
  readonly atMs: number;
}

/**
 * Merges lists into one stream in time order. Each list is in order and not empty, and no list
 * starts before the one it follows, so only the lists that are open at a time are held: a binary
 * heap of their next elements. Ties keep the order of the lists.
 */
export function* inTimeOrder<T extends Timed>(lists: Iterable<readonly T[]>): Generator<T> {
  const heap: Cursor<T>[] = [];
  let order = 0;
  for (const list of lists) {
    const cursor = { list, at: 0, order: order++ };
    while (heap.length > 0 && before(heap[0]!, cursor)) yield step(heap);
    push(heap, cursor);
  }
  while (heap.length > 0) yield step(heap);
}

interface Cursor<T> {
  readonly list: readonly T[];
  at: number;
  readonly order: number;
}

/** The earliest element; its list moves on, or leaves the heap at its end. */
function step<T extends Timed>(heap: Cursor<T>[]): T {
  const first = heap[0]!;
  const element = first.list[first.at]!;
  first.at += 1;
  if (first.at === first.list.length) {
    const last = heap.pop()!;
    if (heap.length === 0) return element;
    heap[0] = last;
  }
  sink(heap);
  return element;
}

function push<T extends Timed>(heap: Cursor<T>[], cursor: Cursor<T>): void {
  let place = heap.push(cursor) - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!before(heap[place]!, heap[parent]!)) return;
    swap(heap, place, parent);
    place = parent;
  }
}

function sink<T extends Timed>(heap: Cursor<T>[]): void {
  let place = 0;
  for (;;) {
    let least = place;
    for (const child of [2 * place + 1, 2 * place + 2]) {
      if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
    }
    if (least === place) return;
    swap(heap, place, least);
    place = least;
  }
}

function before<T extends Timed>(a: Cursor<T>, b: Cursor<T>): boolean {
  const gapMs = a.list[a.at]!.atMs - b.list[b.at]!.atMs;
  return gapMs < 0 || (gapMs === 0 && a.order < b.order);
}

function swap<T>(heap: T[], a: number, b: number): void {
  [heap[a], heap[b]] = [heap[b]!, heap[a]!];
}
