import type { EventType } from '../wire/schema.ts';

/** What shops call events where they may call them anything, in small letters alone. */
const FREE: Readonly<Record<string, EventType>> = {
  view: 'item_view', viewed: 'item_view', itemview: 'item_view', viewitem: 'item_view', productview: 'item_view',
  productviewed: 'item_view', detailpageview: 'item_view', watch: 'item_view', impression: 'list_view',
  click: 'item_click', clicked: 'item_click', itemclick: 'item_click', selectitem: 'item_click',
  like: 'wishlist_add', favorite: 'wishlist_add', favourite: 'wishlist_add', wishlist: 'wishlist_add',
  addtowishlist: 'wishlist_add', cart: 'cart_add', addtocart: 'cart_add', cartadd: 'cart_add',
  productaddedtocart: 'cart_add', removefromcart: 'cart_remove', cartremove: 'cart_remove',
  viewcart: 'cart_view', cartview: 'cart_view', checkout: 'checkout_start', startcheckout: 'checkout_start',
  begincheckout: 'checkout_start', checkoutstart: 'checkout_start', purchase: 'purchase', purchased: 'purchase',
  buy: 'purchase', order: 'purchase', transaction: 'purchase', orderplaced: 'purchase', refund: 'refund',
  search: 'search', homeview: 'home_view', pageview: 'home_view',
};

/** Null for a name that says nothing to a shop. */
export function freeType(name: string): EventType | null {
  const word = name.toLowerCase().replace(/[^a-z]/g, '');
  return Object.hasOwn(FREE, word) ? (FREE[word] as EventType) : null;
}

const ABOUT_ITEMS: ReadonlySet<EventType> = new Set<EventType>([
  'item_click', 'item_view', 'wishlist_add', 'cart_add', 'cart_remove', 'purchase', 'refund',
]);

export function needsItem(type: EventType): boolean {
  return ABOUT_ITEMS.has(type);
}
