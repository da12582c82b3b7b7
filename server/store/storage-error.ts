import { ServeError } from '../core/errors.ts';

/** LMDB tells why a commit failed in a promise of its own, which must not go unhandled. */
export async function storageError(folder: string, error: unknown): Promise<ServeError> {
  const { commitError } = error as { commitError?: Promise<never> };
  const cause = (await commitError?.catch((reason: unknown) => reason)) ?? error;
  return new ServeError('storage', `${folder}: ${(cause as Error).message}`, { cause });
}
