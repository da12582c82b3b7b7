/** Where the visitor is; kept in the address's hash, so that links and the back button work. */
export type Place =
  | { readonly at: 'home' }
  | { readonly at: 'category'; readonly category: string }
  | { readonly at: 'item'; readonly item: string }
  | { readonly at: 'search'; readonly query: string };

/** The place that a hash names; home for one that names none. */
export function placeOf(hash: string): Place {
  const [kind = '', ...rest] = hash.replace(/^#\/?/, '').split('/');
  const value = decode(rest.join('/'));
  if (value !== '') {
    if (kind === 'c') return { at: 'category', category: value };
    if (kind === 'i') return { at: 'item', item: value };
    if (kind === 's') return { at: 'search', query: value };
  }
  return { at: 'home' };
}

export function hashOf(place: Place): string {
  switch (place.at) {
    case 'home':
      return '#/';
    case 'category':
      return `#/c/${encodeURIComponent(place.category)}`;
    case 'item':
      return `#/i/${encodeURIComponent(place.item)}`;
    case 'search':
      return `#/s/${encodeURIComponent(place.query)}`;
  }
}

/** A hash typed by hand may hold a broken escape; then it is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
