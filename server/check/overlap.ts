import { HashSet } from './hash-set.ts';
import type { Findings } from './findings.ts';
import type { LooseEvent } from './loose-event.ts';

const MAX = 20_000_000;

/** Whether what is tested on is known in training: events, sessions, times. */
export class Overlap {
  readonly #ids = new HashSet(MAX);
  readonly #contents = new HashSet(MAX);
  readonly #sessions = new HashSet(MAX);
  readonly #tested = new HashSet(MAX); // sessions
  #lastMs = -Infinity;
  #test = 0;

  train(event: LooseEvent): void {
    if (event.id !== '') this.#ids.put(event.id);
    this.#contents.put(contentOf(event));
    if (event.session !== '') this.#sessions.put(event.session, 1);
    if (event.atMs > this.#lastMs) this.#lastMs = event.atMs;
  }

  test(event: LooseEvent, findings: Findings): void {
    const { line, id, session, atMs } = event;
    this.#test += 1;
    if ((id !== '' && this.#ids.has(id)) || this.#contents.has(contentOf(event))) {
      findings.add('train-test-events', line, `'${id}' of session '${session}'`, TESTED);
    } else if (atMs <= this.#lastMs) {
      findings.add('train-test-time', line, `${iso(atMs)}; training goes up to ${iso(this.#lastMs)}`, TESTED);
    }
    if (session === '' || this.#tested.put(session) >= 0) return;
    if (this.#sessions.has(session)) findings.add('train-test-sessions', line, `'${session}'`, SESSIONS);
  }

  /** All of the test is seen. */
  tell(findings: Findings): void {
    findings.totals.set(TESTED, this.#test);
    findings.totals.set(SESSIONS, this.#tested.count);
  }
}

const [TESTED, SESSIONS] = ['events of the test file', 'its sessions'] as const;

function contentOf({ type, atMs, session, items }: LooseEvent): string {
  return `${type} ${atMs} ${session} ${items.map(({ item }) => item).join(' ')}`;
}

function iso(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : 'nothing';
}
