import type { Language } from '../wire/schema.ts';
import type { Catalogue, ShopItem } from './catalogue.ts';
import type { Live } from './live.ts';
import type { Speech } from './words.ts';
import type { Visitor } from './visitor.ts';

/** What every view is given: data to show, and the acts a visitor can perform. */
export interface Shop {
  readonly catalogue: Catalogue;
  readonly visitor: Visitor;
  readonly live: Live;
  readonly speech: Speech;
  readonly acts: Acts;
}

export interface Acts {
  /** Notes that a card was clicked; the address then changes by itself. */
  click(item: string, attribution: string | undefined): void;
  addToCart(item: ShopItem): void;
  setQuantity(item: string, quantity: number): void;
  openCart(): void;
  /** Resolves once the purchase is durable. */
  buy(): Promise<void>;
  speak(language: Language): void;
}
