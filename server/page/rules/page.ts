/** The shop's rules at work: `/page/rules.html`. One form, one answer, and how it came about. */
import type { Language, RecommendReply } from '../../wire/schema.ts';
import { Catalogue } from '../catalogue.ts';
import { fill, h } from '../dom.ts';
import { fromWire } from '../../client/names.ts';
import { answerView } from './answer.ts';
import { QuestionForm } from './question.ts';
import type { Question, RulesSaid } from './question.ts';
import { RULES_WORDS } from './words.ts';

const LANGUAGE_KEY = 'vitrine.language'; // the shop's own

async function start(): Promise<void> {
  const language = spoken();
  const words = RULES_WORDS[language];
  document.documentElement.lang = language;
  document.title = `${words.heading} · Vitrine`;
  const root = document.getElementById('shop') as HTMLElement;
  const [catalogue, said] = await Promise.all([Catalogue.load(), read<RulesSaid>('/v1/placements')]);
  const result = h('div', { class: 'rules-result', role: 'region', 'aria-live': 'polite' });
  let asked = 0;

  const ask = async (question: Question): Promise<void> => {
    const mine = ++asked;
    result.setAttribute('aria-busy', 'true');
    if (result.childElementCount === 0) fill(result, h('p', { class: 'rules-wait' }, words.waiting));
    const response = await fetch('/v1/recommend', {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ language, ...question }),
    });
    const body = await response.json() as RecommendReply & { error?: string };
    if (mine !== asked) return; // another question came meanwhile
    result.removeAttribute('aria-busy');
    form.complain(response.ok ? null : body.error ?? String(response.status));
    if (!response.ok) return; // the last answer stays
    const reply = fromWire(body) as RecommendReply;
    const { debug } = reply;
    await catalogue.learn([...new Set([
      ...reply.items.map(({ item }) => item), ...debug?.start ?? [],
      ...(debug?.candidates ?? []).slice(0, 60).map(({ item }) => item),
    ])].slice(0, 100)).catch(() => {}); // their ids stand for them
    if (mine !== asked) return;
    fill(result, ...answerView(reply, catalogue, words));
    if (result.getBoundingClientRect().top < 0) result.scrollIntoView();
  };

  const failed = (error: unknown): void => form.complain(`${words.failed} ${String(error)}`);
  const form = new QuestionForm(said, words, (question) => void ask(question).catch(failed));
  fill(root,
    h('header', { class: 'top' }, h('div', { class: 'top-line' },
      h('a', { class: 'wordmark', href: '/' }, 'Vitrine'),
      h('a', { class: 'rules-back', href: '/' }, words.shop))),
    h('main', { class: 'rules' },
      h('div', { class: 'rules-head' }, h('h1', {}, words.heading), h('p', {}, words.lead)),
      form.element, result));
  await ask(form.question()).catch(failed);
}

async function read<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}

function spoken(): Language {
  try {
    const stored = localStorage.getItem(LANGUAGE_KEY);
    if (stored === 'en' || stored === 'zh') return stored;
  } catch {
    // A private window: the browser's own.
  }
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

start().catch((error: unknown) => {
  fill(document.getElementById('shop') as HTMLElement,
    h('main', { class: 'failed' }, h('p', { role: 'alert' }, String(error))));
});
