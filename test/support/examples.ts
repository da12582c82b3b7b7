import { readFileSync } from 'node:fs';

/** A frame of `server/wire/EXAMPLES.md`: as the page shows its value, and its bytes. */
export interface Example {
  readonly kind: string; // request, reply or push
  readonly value: unknown;
  readonly frame: Buffer;
}

export const page = readFileSync('server/wire/EXAMPLES.md', 'utf8');

export const examples: readonly Example[] = [
  ...page.matchAll(/```json (\w+)\n([^`]*)```\n```hex\n([^`]*)```/g),
].map(([, kind, json, hex]) => ({
  kind: kind as string,
  value: JSON.parse(json as string),
  frame: Buffer.from((hex as string).replace(/\s/g, ''), 'hex'),
}));

/** A decoded frame with its bytes written as the page writes them. */
export function shownBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return `<${Buffer.from(value).toString('hex')}>`;
  if (Array.isArray(value)) return value.map(shownBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shownBytes(one)]));
}
