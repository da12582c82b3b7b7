import type { Language, ReasonCode } from '../wire/schema.ts';

type Text = (because: string | undefined) => string;

/** Why an item is shown, to be read by the visitor. `because` is the title of another item. */
const TEXTS: Readonly<Record<Language, Readonly<Record<ReasonCode, Text>>>> = {
  en: {
    session_neighbours: () => 'Visitors on a path like yours went on to this',
    followed_by: (because) =>
      because ? `Often looked at right after ${because}` : 'Often looked at next',
    again: () => 'You have looked at this',
    similar: (because) => (because ? `Similar to ${because}` : 'Similar to what you looked at'),
    taste: () => 'Fits what you have looked at so far',
    popular: () => 'Popular in this shop',
  },
  zh: {
    session_neighbours: () => '浏览路径与你相近的访客接着看了它',
    followed_by: (because) => (because ? `看过“${because}”的访客常接着看它` : '常被接着浏览'),
    again: () => '你看过它',
    similar: (because) => (because ? `与“${because}”相似` : '与你看过的商品相似'),
    taste: () => '符合你这次浏览的兴趣',
    popular: () => '店内热门',
  },
};

export function reasonText(code: ReasonCode, because?: string, language: Language = 'en'): string {
  return TEXTS[language][code](because);
}
