import { OPAQUE, WIRE_NAMES } from '../wire/names.ts';

export { toWire } from '../wire/names.ts';

const OWN_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(WIRE_NAMES).map(([own, wire]) => [wire, own]),
);

/** A value from the wire with its keys as this code spells them: `toWire` turned round. */
export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const out: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    out[OWN_NAMES.get(name) ?? name] = OPAQUE.has(name) ? one : fromWire(one);
  }
  return out;
}
