import { fill, h, svg } from '../dom.ts';
import { linePoints, type Latency } from '../latency.ts';
import type { LiveState } from '../live.ts';
import type { Speech, Word } from '../words.ts';

const LINE_WIDTH = 120;
const LINE_HEIGHT = 32;
const WIDE = '(min-width: 1100px)'; // where the panel is one line, and starts open

/** How the server is doing, as this page sees it: every number here was measured or received. */
export class Panel {
  readonly element: HTMLElement;
  readonly #line = svg('polyline', { class: 'panel-line', points: '' });
  readonly #dot = h('span', { class: 'panel-dot' });
  readonly #brief = h('span', { class: 'panel-brief' });
  readonly #meter: HTMLElement;
  readonly #customer: HTMLElement;
  readonly #values = new Map<string, HTMLElement>();
  readonly #button: HTMLButtonElement;
  readonly #body: HTMLElement;

  constructor(
    private readonly speech: Speech,
    private readonly transport: string, // as the server's calls itself
  ) {
    const name = speech.say('panel');
    this.#meter = h(
      'span',
      {
        class: 'meter', role: 'meter', 'aria-valuemin': 0, 'aria-valuemax': 100,
        'aria-label': speech.say('intent'),
      },
      h('span', { class: 'meter-fill' }),
    );
    const chart = svg(
      'svg',
      {
        class: 'panel-chart', viewBox: `0 -2 ${LINE_WIDTH} ${LINE_HEIGHT + 4}`,
        preserveAspectRatio: 'none', 'aria-hidden': 'true',
      },
      this.#line,
    );
    this.#body = h(
      'dl',
      { class: 'panel-body', id: 'panel-body' },
      this.#fact('latency', 'roundTrip', chart),
      this.#fact('felt', 'felt'),
      this.#fact('intent', 'intent', this.#meter),
      (this.#customer = this.#fact('customer', 'customer')),
      this.#fact('models', 'models'),
      this.#fact('link', 'link'),
      this.#fact('events', 'events'),
    );
    this.#button = h(
      'button',
      {
        class: 'panel-toggle', type: 'button', 'aria-controls': 'panel-body',
        onclick: () => this.#toggle(this.#body.hidden !== false),
      },
      this.#dot, h('span', { class: 'panel-name' }, name), this.#brief,
    );
    this.element = h('aside', { class: 'panel', 'aria-label': name }, this.#button, this.#body);
    this.#toggle(matchMedia(WIDE).matches);
  }

  update(state: LiveState, roundTrips: Latency): void {
    const { speech } = this;
    const { last, median, values } = roundTrips;
    const link = speech.say(`link_${state.link}`);
    this.#dot.dataset.link = state.link;
    this.#brief.textContent = state.link === 'open' ? this.#ms(last) : link;
    this.#set('latency', [this.#ms(last), `${speech.say('median')} ${this.#ms(median)}`]);
    this.#line.setAttribute('points', linePoints(values, LINE_WIDTH, LINE_HEIGHT));
    this.#set('felt', [this.#ms(state.feltMs)]);
    this.#showIntent(state.insight);
    this.#showCustomer(state.insight);
    this.#set('models', modelLines(state, speech));
    const tries = state.retries > 0 ? ` (${state.retries})` : '';
    this.#set('link', [`WebSocket · msgpack · ${link}${tries}`, this.transport]);
    this.#set('events', [`${state.eventsAcknowledged} / ${state.eventsSent}`]);
  }

  #ms(value: number | null | undefined): string {
    const { speech } = this;
    if (value === null || value === undefined) return '–';
    return `${speech.ms(value)} ${speech.say('ms')}`;
  }

  #showIntent(insight: LiveState['insight']): void {
    const probability = insight?.intent?.probability;
    const percent = (probability ?? 0) * 100;
    const text = probability === undefined ? '–' : `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
    const foreign = insight?.degraded.some((note) => note.startsWith('intent:')) === true;
    this.#set('intent', foreign ? [text, this.speech.say('intentForeign')] : [text]);
    this.#meter.setAttribute('aria-valuenow', String(Math.round(percent)));
    this.#meter.setAttribute('aria-valuetext', text);
    this.#meter.style.setProperty('--full', String(percent / 100));
  }

  /** What models say of the customer, once there is one who has bought: absent before. */
  #showCustomer(insight: LiveState['insight']): void {
    const { speech } = this;
    const { timing, churn, value, segment } = insight ?? {};
    const percent = (share: number): string => `${Math.round(share * 100)} %`;
    const month = timing?.within['30'];
    const lines = [
      ...(timing && month !== undefined
        ? [speech.say('buys', { percent: percent(month), days: timing.expectedDay })] : []),
      ...(churn ? [speech.say('leaves', { percent: percent(churn.probability) })] : []),
      ...(value ? [speech.say('worth', { price: speech.price(value.expected), days: value.days })] : []),
      ...(segment ? [segment.name] : []),
    ];
    this.#customer.hidden = lines.length === 0;
    this.#set('customer', [lines.slice(0, 2).join(' · '), lines.slice(2).join(' · ')].filter(Boolean));
  }

  #toggle(open: boolean): void {
    this.#body.hidden = !open;
    this.#button.setAttribute('aria-expanded', String(open));
  }

  /** A figure under its name. */
  #fact(name: string, word: Word, drawing?: Element): HTMLElement {
    const value = h('span', { class: 'panel-value', 'data-value': name });
    this.#values.set(name, value);
    return h(
      'div',
      { class: `panel-fact panel-${name}` },
      h('dt', {}, this.speech.say(word)),
      h('dd', {}, value, drawing),
    );
  }

  /** The first line is the figure, the others say more of it. Unchanged text is left alone. */
  #set(name: string, lines: readonly string[]): void {
    const value = this.#values.get(name) as HTMLElement;
    const text = lines.join('\n');
    if (value.dataset.text === text) return;
    value.dataset.text = text;
    fill(value, ...lines.map((line) => h('span', {}, line)));
  }
}

/** The models that took part in what is shown, with the rows of the batch that each ran in. */
function modelLines({ forYou, insight }: LiveState, speech: Speech): string[] {
  const runs = [
    ...(forYou?.model ? [forYou.model] : []),
    ...(insight?.intent ? [{ ...insight.intent, name: insight.intent.model }] : []),
  ];
  const lines = runs.map(({ name, version, timing }) =>
    `${name} v${version} · ${speech.say('rows', { count: timing.batchRows })}`);
  return lines.length > 0 ? lines : ['–'];
}
