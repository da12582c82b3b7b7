import { isId } from './fields.ts';
import { type Filter, LIMITS, type RecommendRequest, type Request, type RequestId } from './schema.ts';

type Open<Of> = { -readonly [Name in keyof Of]: Of[Name] };

const K_DEFAULT = 20;

/**
 * The request that most are: `recommend` for a visitor, with a filter of few and simple parts. Null for
 * any other, and for whatever is not right: the general way reads it, and says what is wrong. Where it is
 * read here it is what the general way would have read (`test/unit/wire/decode-usual.test.ts`).
 */
export function decodeUsual(message: unknown): Request | null {
  if (typeof message !== 'object' || message === null) return null;
  const fields = message as Readonly<Record<string, unknown>>;
  if (fields['op'] !== 'recommend') return null;
  const request: Open<RecommendRequest> & { id: RequestId; op: 'recommend' } =
    { id: -1, op: 'recommend', k: K_DEFAULT, filter: {} };
  for (const name in fields) {
    const value = fields[name];
    switch (name) {
      case 'op': break;
      case 'id':
        if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) return null;
        request.id = value;
        break;
      case 'session': case 'customer':
        if (typeof value !== 'string' || !isId(value)) return null;
        request[name] = value;
        break;
      case 'k':
        if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > LIMITS.kMax) return null;
        request.k = value as number;
        break;
      case 'items':
        if (!Array.isArray(value) || value.length > LIMITS.sessionItemsMax || !value.every(isAnId)) return null;
        request.items = value;
        break;
      case 'filter': {
        const filter = filterOf(value);
        if (!filter) return null;
        request.filter = filter;
        break;
      }
      default: return null;
    }
  }
  return request.id === -1 ? null : request;
}

function filterOf(value: unknown): Filter | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return null;
  const filter: Open<Filter> = {};
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    const one = fields[name];
    switch (name) {
      case 'category':
        if (typeof one !== 'string' || !isId(one)) return null;
        filter.category = [one];
        break;
      case 'price_min':
        if (!isPrice(one)) return null;
        filter.priceMin = one;
        break;
      case 'price_max':
        if (!isPrice(one)) return null;
        filter.priceMax = one;
        break;
      case 'exclude_seen':
        if (typeof one !== 'boolean') return null;
        filter.excludeSeen = one;
        break;
      default: return null;
    }
  }
  return filter;
}

function isAnId(value: unknown): value is string {
  return typeof value === 'string' && isId(value);
}

function isPrice(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
