const NO_BODY = new Uint8Array(0);

/** What both transports' requests have alike: a body that comes later, a client that may go. */
export class PendingRequest {
  body: Uint8Array = NO_BODY;
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
