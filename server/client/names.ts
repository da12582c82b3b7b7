/**
 * Names in this code are camelCase, names on the wire snake_case. The rule is mechanical, so it is
 * applied by rule; maps whose keys are data rather than names (`features`) are left as they are.
 */
const DATA_KEYS: ReadonlySet<string> = new Set(['features', 'parameters']);

/** A value with its keys as the wire spells them. Keys that hold `undefined` are left out. */
export function toWire(value: unknown): unknown {
  return rename(value, snakeCase);
}

/** A value from the wire with its keys as this code spells them. */
export function fromWire(value: unknown): unknown {
  return rename(value, camelCase);
}

function rename(value: unknown, spell: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => rename(one, spell));
  if (!isPlainMap(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    if (one === undefined) continue;
    out[spell(name)] = DATA_KEYS.has(name) ? one : rename(one, spell);
  }
  return out;
}

function isPlainMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
