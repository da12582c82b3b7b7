/** What both transports' requests have alike: a body that comes later, a client that may go. */
export class PendingRequest {
  body: Uint8Array = new Uint8Array(0);
  aborted = false;
  #onAbort: (() => void) | null = null;

  constructor(
    readonly method: string,
    readonly path: string,
    readonly query: string,
  ) {}

  onAbort(run: () => void): void {
    this.#onAbort = run;
    if (this.aborted) run();
  }

  /** The client has gone. */
  abort(): void {
    this.aborted = true;
    this.#onAbort?.();
    this.#onAbort = null;
  }

  /** Answered: an abort is no news from here on. */
  settle(): void {
    this.#onAbort = null;
  }
}
