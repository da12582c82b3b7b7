import type { Push } from '../wire/schema.ts';
import type { Calls } from './calls.ts';
import type { VitrineError } from './errors.ts';
import type { SubscribeInput } from './types.ts';

interface Listener {
  readonly onPush: (push: Push) => void;
  readonly onError: (error: Error) => void;
}
interface Subscription {
  readonly request: SubscribeInput;
  readonly listener: Listener;
}

/** The sessions listened to; asked for again on every new connection. */
export class Subscriptions {
  readonly #bySession = new Map<string, Subscription>();

  constructor(
    private readonly wire: { readonly open: boolean },
    private readonly calls: Pick<Calls, 'submit'>,
  ) {}

  /** Returns what ends the subscription, unless another has taken its place. */
  add(request: SubscribeInput, listener: Listener): () => void {
    const subscription = { request, listener };
    this.#bySession.set(request.session, subscription);
    if (this.wire.open) this.#ask(subscription); // else `renew` will
    return () => {
      if (this.#bySession.get(request.session) !== subscription) return;
      this.#bySession.delete(request.session);
      if (!this.wire.open) return; // the next connection will not know of it
      const { session } = request;
      this.calls.submit('unsubscribe', { session }, { bound: true }).catch(() => {});
    };
  }

  /** A new connection knows of none of them. */
  renew(): void {
    for (const subscription of this.#bySession.values()) this.#ask(subscription);
  }

  /** A push of the server. One that crossed an unsubscribe on its way is dropped. */
  pushed(message: Record<string, unknown>): void {
    const push = message as unknown as Push;
    this.#bySession.get(push.session)?.listener.onPush(push);
  }

  #ask(subscription: Subscription): void {
    const { request, listener } = subscription;
    this.calls.submit('subscribe', request, { bound: true }).catch((error: VitrineError) => {
      // After `disconnected`, `renew` asks again; after `closed`, no one listens.
      if (error.code === 'disconnected' || error.code === 'closed') return;
      listener.onError(error);
    });
  }
}
