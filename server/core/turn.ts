/**
 * Resolves in the event loop's next turn. Between two steps of something long the sockets are
 * served, and what they have brought does not wait for all of it.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
