import type { Language, ShownFor } from '../wire/schema.ts';

type Text = (because: string | undefined) => string;

/** Why an item is shown, to be read by the visitor. `because` is the title of another item. */
const TEXTS: Readonly<Record<Language, Readonly<Record<ShownFor, Text>>>> = {
  en: {
    session_neighbours: () => 'Visitors on a path like yours went on to this',
    followed_by: (because) =>
      because ? `Often looked at right after ${because}` : 'Often looked at next',
    again: () => 'You have looked at this',
    similar: (because) => (because ? `Similar to ${because}` : 'Similar to what you looked at'),
    taste: () => 'Fits what you have looked at so far',
    popular: () => 'Popular in this shop',
    search: () => 'Found by your search',
    listed: () => 'Also in this shop',
    trending: () => 'In more and more demand',
    recently_viewed: () => 'You looked at this lately',
    bought_together: (because) =>
      because ? `Often bought together with ${because}` : 'Often bought together',
    buy_again: () => 'Time to buy it again?',
    customer_neighbours: () => 'Customers who buy what you buy bought this',
    history_neighbours: () => 'Customers with interests like yours chose this',
    customers_also: (because) =>
      because ? `Customers who chose ${because} also chose this` : 'Customers like you chose this',
    followed_later: (because) =>
      because ? `Often chosen some time after ${because}` : 'Often chosen next',
    came_before: (because) => (because ? `Goes with ${because}` : 'Goes with what you chose'),
    content: (because) =>
      because ? `Described much like ${because}` : 'Described much like what you looked at',
  },
  zh: {
    session_neighbours: () => '浏览路径与你相近的访客接着看了它',
    followed_by: (because) => (because ? `看过“${because}”的访客常接着看它` : '常被接着浏览'),
    again: () => '你看过它',
    similar: (because) => (because ? `与“${because}”相似` : '与你看过的商品相似'),
    taste: () => '符合你这次浏览的兴趣',
    popular: () => '店内热门',
    search: () => '与你的搜索相符',
    listed: () => '本店还有',
    trending: () => '近期热度上升',
    recently_viewed: () => '你最近看过它',
    bought_together: (because) => (because ? `常与“${because}”一起购买` : '常被一起购买'),
    buy_again: () => '该再次购买了？',
    customer_neighbours: () => '与你购买相近的顾客买了它',
    history_neighbours: () => '与你兴趣相近的顾客选了它',
    customers_also: (because) => (because ? `选过“${because}”的顾客也选了它` : '与你相近的顾客选了它'),
    followed_later: (because) => (because ? `选过“${because}”之后常选它` : '常被接着选择'),
    came_before: (because) => (because ? `与“${because}”相配` : '与你所选相配'),
    content: (because) => (because ? `描述与“${because}”相近` : '描述与你看过的相近'),
  },
};

export function reasonText(code: ShownFor, because?: string, language: Language = 'en'): string {
  return TEXTS[language][code](because);
}
