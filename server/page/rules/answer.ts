import type { AnswerDebug, DebugCandidate, RecommendReply } from '../../wire/schema.ts';
import { type Catalogue, pictureUrl, PICTURE_SIZE } from '../catalogue.ts';
import { type Child, h } from '../dom.ts';
import { hashOf } from '../router.ts';
import type { RulesWords } from './words.ts';

const CANDIDATES_SHOWN = 40;

/** One answer: what is shown, then how it came about, in the order in which it did. */
export function answerView(reply: RecommendReply, catalogue: Catalogue, words: RulesWords): HTMLElement[] {
  const { debug } = reply;
  const shown = h('section', { class: 'rules-section', 'aria-labelledby': 'rules-shown' },
    h('h2', { id: 'rules-shown' }, words.shown(reply.items.length)),
    ...reply.degraded.map((said) => h('p', { class: 'rules-degraded' }, said)),
    h('ol', { class: 'rules-items' }, ...reply.items.map(({ item, score, reason }) =>
      h('li', { 'data-item': item },
        h('a', { href: `/${hashOf({ at: 'item', item })}` },
          h('img', {
            src: pictureUrl(item), alt: '', loading: 'lazy', width: PICTURE_SIZE, height: PICTURE_SIZE,
          }),
          h('span', { class: 'rules-title' }, catalogue.item(item).title)),
        h('span', { class: 'rules-reason' }, reason.text),
        h('span', { class: 'rules-score' }, figure(score))))));
  return debug ? [shown, ...steps(debug, catalogue, words)] : [shown];
}

function steps(debug: AnswerDebug, catalogue: Catalogue, words: RulesWords): HTMLElement[] {
  const title = (item: string): string => catalogue.item(item).title;
  const facts: [string, string][] = [
    [words.placement, debug.placement ?? words.none], [words.blend, debug.blend ?? words.oneBlend],
    [words.start, debug.start.map(title).join(' → ') || words.nothing],
    ['this', debug.this === undefined ? words.nothing : title(debug.this)], [words.seed, String(debug.seed)],
    [words.rules, Object.entries(debug.rules).map(([rule, value]) =>
      `${rule} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(' · ') || words.none],
  ];
  const hidden = Object.entries(debug.hidden).map(([why, count]) => `${why} ${count}`).join(', ');
  return [
    section(words.asked, h('dl', { class: 'rules-facts' }, ...facts.flatMap(([name, value]) =>
      [h('dt', {}, name), h('dd', {}, value)]))),
    section(words.filter, h('p', {}, words.ofItems(debug.items), hidden === '' ? '' : ` ${words.hidden} ${hidden}.`),
      table([words.clause, words.passes, ''], debug.clauses.map(({ clause, passes }) =>
        [h('code', {}, clause), passes, bar(passes, debug.items)])),
      table([words.step, words.passes, words.found], debug.steps.map(({ step, matches, found }) =>
        [step, matches ?? words.allItems, found]))),
    section(words.sources, table([words.source, words.weight, words.found, words.best],
      debug.sources.filter(({ weight, found }) => weight * found > 0).map(({ source, weight, found, best }) =>
        [source, figure(weight), found,
          best.slice(0, 3).map(({ item, share }) => `${title(item)} ${figure(share)}`).join(', ')]))),
    section(words.candidates, candidates(debug.candidates, title, words)),
  ];
}

function candidates(
  all: readonly DebugCandidate[], title: (item: string) => string, words: RulesWords,
): HTMLElement {
  const head = [words.inAnswer, words.byScore, words.title, words.source, words.asFound, words.boosted,
    words.score, words.timesShown, words.left];
  const order = [...all].sort((a, b) => (a.to ?? Infinity) - (b.to ?? Infinity) || a.from - b.from);
  return table(head, order.slice(0, CANDIDATES_SHOWN).map((one) => [
    one.to === undefined ? '' : moved(one.to, one.from), one.from, title(one.item), one.source,
    figure(one.found), changed(one.found, one.boosted), changed(one.boosted, one.score),
    one.shown === 0 ? '' : figure(one.shown), one.left ?? '',
  ]), order.map(({ to }) => (to === undefined ? 'rules-out' : '')));
}

function section(title: string, ...children: readonly Child[]): HTMLElement {
  return h('section', { class: 'rules-section' }, h('h2', {}, title), ...children);
}

function table(
  head: readonly string[], rows: readonly (readonly Child[])[], classes: readonly string[] = [],
): HTMLElement {
  return h('div', { class: 'rules-table', tabindex: '0' },
    h('table', {},
      h('thead', {}, h('tr', {}, ...head.map((name) => h('th', { scope: 'col' }, name)))),
      h('tbody', {}, ...rows.map((row, i) => h('tr', { class: classes[i] || undefined },
        ...row.map((cell) => h('td', { class: typeof cell === 'number' ? 'rules-number' : undefined }, cell)))))));
}

/** A place, and how far the rules have moved it. */
function moved(to: number, from: number): HTMLElement {
  const by = from - to;
  const sign = by > 0 ? `↑${by}` : by < 0 ? `↓${-by}` : '';
  return h('span', {}, String(to), ' ', h('span', { class: 'rules-moved' }, sign));
}

function changed(before: number, now: number): Child {
  return before === now ? '' : figure(now);
}

function bar(part: number, whole: number): HTMLElement {
  const share = whole > 0 ? (100 * part) / whole : 0;
  return h('span', { class: 'rules-bar', 'aria-hidden': 'true' }, h('span', { style: `width: ${share.toFixed(1)}%` }));
}

/** Three digits that matter. */
function figure(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 0.001 && size < 10_000 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}
