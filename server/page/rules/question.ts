import { h } from '../dom.ts';
import type { RulesWords } from './words.ts';

/** What the form asks, as `POST /v1/recommend` takes it. */
export type Question = Record<string, unknown>;

/** A placement as `GET /v1/placements` says it. */
export interface PlacementSaid {
  readonly name: string;
  readonly blend: string;
  readonly k: number;
  readonly filter?: string;
  readonly boost?: readonly string[];
  readonly fallback?: readonly string[];
  readonly [rule: string]: unknown;
}

export interface RulesSaid {
  readonly placements: readonly PlacementSaid[];
  readonly attributes: Readonly<Record<string, string>>; // type by name
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** The form: a placement, who asks, from what, and rules over the placement's. */
export class QuestionForm {
  readonly element: HTMLFormElement;
  readonly #controls = new Map<string, Control>();
  readonly #notes = new Map<string, HTMLElement>(); // below the fields of expressions
  readonly #note = h('p', { class: 'rules-error', role: 'alert', hidden: true });
  readonly #held = h('p', { class: 'rules-held' });

  constructor(said: RulesSaid, private readonly words: RulesWords, ask: (question: Question) => void) {
    const names = said.placements.map(({ name }) => name);
    const placement = h('select', { id: 'ask-placement', name: 'placement', onchange: () => this.#tell(said) },
      h('option', { value: '' }, words.none), ...names.map((name) => h('option', { value: name }, name)));
    this.#controls.set('placement', placement);
    const attributes = Object.entries(said.attributes).map(([name, type]) => `${name} (${type})`);
    this.element = h('form', { class: 'rules-form', onsubmit: (event: SubmitEvent) => {
      event.preventDefault();
      ask(this.question());
    } },
      labelled('ask-placement', words.placement, placement), this.#held,
      h('fieldset', {}, h('legend', {}, words.who),
        this.#input('customer', words.customer), this.#input('session', words.session),
        this.#input('item', words.item), this.#input('cart', words.cart),
        this.#input('rerank', words.rerank)),
      h('fieldset', { class: 'rules-wide' }, h('legend', {}, words.rules),
        this.#area('where', words.where, 'category in ("Table", "Living") and price < 50'),
        this.#area('boost', words.boost, '1.5 if price < 20\n+ 0.1 * log(price)'),
        h('p', { class: 'rules-hint' }, `${words.knows} category, id, price, stock`,
          attributes.length > 0 ? `, ${attributes.join(', ')}` : '')),
      h('fieldset', {}, h('legend', {}, words.numbers),
        this.#input('k', words.k, { type: 'number', min: 1, max: 500 }),
        ...(['diversity', 'rotation', 'min_relevance', 'shuffle'] as const).map((name) =>
          this.#input(name, words[name], { type: 'number', min: 0, max: 1, step: 0.05 })),
        this.#input('caps', words.caps, { placeholder: 'category 2' }),
        this.#input('seed', words.seed, { type: 'number', min: 0 }),
        h('label', { class: 'rules-check' }, this.#check('again'), words.again)),
      h('button', { class: 'button', type: 'submit' }, words.ask), this.#note);
  }

  question(): Question {
    const text = (name: string): string => (this.#controls.get(name) as Control).value.trim();
    const lines = (name: string): string[] => text(name).split('\n').map((line) => line.trim()).filter(Boolean);
    const list = (name: string): string[] => text(name).split(/[\s,]+/).filter(Boolean);
    const caps = text('caps').split(',').map((one) => one.trim().split(/\s+/)).filter(([name]) => name);
    const question: Question = { debug: true };
    for (const name of ['placement', 'customer', 'session', 'item'] as const) {
      if (text(name) !== '') question[name] = text(name);
    }
    for (const name of ['cart', 'rerank'] as const) if (text(name) !== '') question[name] = list(name);
    for (const name of ['k', 'diversity', 'rotation', 'min_relevance', 'shuffle', 'seed'] as const) {
      if (text(name) !== '') question[name] = Number(text(name));
    }
    if (caps.length > 0) question['caps'] = Object.fromEntries(caps.map(([name, most]) => [name, Number(most)]));
    if (text('where') !== '') question['filter'] = { where: text('where') };
    if (text('boost') !== '') question['boost'] = lines('boost');
    if ((this.#controls.get('again') as HTMLInputElement).checked) question['again'] = true;
    return question;
  }

  /** Says what is wrong where it is: below its field, with the cursor there, else below the button. */
  complain(message: string | null): void {
    for (const note of [this.#note, ...this.#notes.values()]) note.hidden = true;
    if (message === null) return;
    const found = /(filter\.where|boost\[(\d+)\]), character (\d+)/.exec(message);
    const [, field = '', line = '0', character = '1'] = found ?? [];
    const name = field === 'filter.where' ? 'where' : 'boost';
    const note = found ? this.#notes.get(name) as HTMLElement : this.#note;
    note.textContent = message;
    note.hidden = false;
    if (!found) return note.scrollIntoView({ block: 'nearest' });
    const area = this.#controls.get(name) as HTMLTextAreaElement;
    const lead = area.value.length - area.value.trimStart().length;
    const lines = area.value.split('\n');
    const before = field === 'filter.where' ? lead : startOf(lines, Number(line));
    const at = before + Number(character) - 1;
    area.focus();
    area.setSelectionRange(at, Math.min(area.value.length, at + 1));
  }

  /** What the chosen placement brings along. */
  #tell({ placements }: RulesSaid): void {
    const chosen = placements.find(({ name }) => name === (this.#controls.get('placement') as Control).value);
    if (!chosen) return void (this.#held.textContent = '');
    const { name: _, ...rules } = chosen;
    const told = Object.entries(rules).map(([rule, value]) =>
      `${rule} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
    this.#held.textContent = told.join(' · ');
  }

  #input(name: string, label: string, more: Readonly<Record<string, string | number>> = {}): HTMLElement {
    const input = h('input', { id: `ask-${name}`, name, autocomplete: 'off', spellcheck: 'false', ...more });
    this.#controls.set(name, input);
    return labelled(`ask-${name}`, label, input);
  }

  #area(name: string, label: string, placeholder: string): HTMLElement {
    const area = h('textarea', { id: `ask-${name}`, name, rows: 3, placeholder, spellcheck: 'false' });
    this.#controls.set(name, area);
    const note = h('p', { class: 'rules-error', role: 'alert', hidden: true });
    this.#notes.set(name, note);
    return labelled(`ask-${name}`, label, area, note);
  }

  #check(name: string): HTMLElement {
    const box = h('input', { type: 'checkbox', name });
    this.#controls.set(name, box);
    return box;
  }
}

function labelled(id: string, label: string, ...controls: HTMLElement[]): HTMLElement {
  return h('div', { class: 'rules-field' }, h('label', { for: id }, label), ...controls);
}

/** Where the n-th line that is not empty begins, in characters. */
function startOf(lines: readonly string[], n: number): number {
  let [at, left] = [0, n];
  for (const line of lines) {
    const empty = line.trim() === '';
    if (!empty && left === 0) return at + line.length - line.trimStart().length;
    if (!empty) left -= 1;
    at += line.length + 1;
  }
  return at;
}
