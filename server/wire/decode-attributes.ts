import { asId, Fields, type Where } from './fields.ts';
import { ATTRIBUTE_LIMITS, type Attributes, type AttributeValue, LIMITS } from './schema.ts';

/** `attributes: {name: value}` of an item. Null is no value: the item has no such attribute. */
export function decodeAttributes(fields: Fields): Attributes {
  return attributesOf(fields.raw('attributes'), fields.at('attributes'));
}

/** Names that filters and boosts know of every item: an attribute of the same name would be shadowed. */
const OF_EVERY_ITEM: readonly string[] = ['id', 'category', 'price', 'stock'];

/** The same of a value that stands at `where`. Fails with `bad_argument` or `bad_request`. */
export function attributesOf(value: unknown, where: Where): Attributes {
  const map = Fields.of(value, 'attributes', where);
  const entries = map.entries();
  const { itemMax } = ATTRIBUTE_LIMITS;
  if (entries.length > itemMax) map.fail(entries[itemMax]?.[0] ?? '', `at most ${itemMax} attributes`);
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, one] of entries) {
    asId(name, map.at(name));
    if (Buffer.byteLength(name) > ATTRIBUTE_LIMITS.nameBytesMax) {
      map.fail(name, `a name of at most ${ATTRIBUTE_LIMITS.nameBytesMax} bytes`);
    }
    if (name === '__proto__') map.fail(name, 'another name');
    if (OF_EVERY_ITEM.includes(name)) {
      map.fail(name, `another name: in filters and boosts '${name}' is what every item has, outside of attributes`);
    }
    attributes[name] = attributeValue(map, name, one);
  }
  return attributes;
}

function attributeValue(map: Fields, name: string, value: unknown): AttributeValue {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string') return asId(value, map.at(name));
  if (Array.isArray(value)) return map.list(name, 0, ATTRIBUTE_LIMITS.listMax, (one, at) => asId(one, at));
  return map.fail(name,
    `a number, true or false, a list of texts, or text of 1 to ${LIMITS.idBytesMax} bytes`);
}
