import { type Child, fill, h } from '../dom.ts';
import { chart } from './chart.ts';
import type { Bounds, Point, Report } from './reports.ts';
import { count, numbers, range, sentence, signed, ticks } from './sentence.ts';

const KINDS = { ab: 'A/B', interleave: 'interleaved lists', explore: 'exploring slots' } as const;

/** One experiment: what it is, what it has shown, how that came, and the figures. */
export function article(report: Report): HTMLElement {
  const { name, kind, state, unit, units, warnings, history, metric } = report;
  const counted = `${count(units)} ${unit}${units === 1 ? '' : 's'}`;
  return h('article', { class: 'experiment', 'aria-label': name },
    h('h2', {}, name),
    h('p', { class: 'facts' }, `${KINDS[kind]}, ${state}, ${counted}, decided by ${metric}`),
    ...verdicts(report),
    ...warnings.map((text) => h('p', { class: 'warning' }, text)),
    history.length > 1 && figure(report),
    table(report));
}

function verdicts(report: Report): Child[] {
  if (report.kind === 'explore') {
    return [h('p', { class: 'verdict' }, 'What it logs is for ', h('code', {}, 'vitrine experiment evaluate'), '.')];
  }
  return report.comparisons.map((one) =>
    h('p', { class: `verdict ${one.decided?.verdict ?? 'open'}` }, sentence(one, report)));
}

function figure(report: Report): HTMLElement {
  const number = numbers(report);
  const caption = h('figcaption', {});
  const say = (point: Point | null): void => fill(caption, captionOf(report, point, number));
  const room = (document.getElementById('experiments')?.clientWidth ?? innerWidth) - SIDES;
  const drawn = chart(report, room, ticks(report), say);
  say(null);
  return h('figure', {}, caption, drawn);
}

const SIDES = 32; // pixels of the page's margins, about

function captionOf({ comparisons, kind }: Report, point: Point | null, number: (value: number) => string): string {
  if (!point) {
    return `${kind === 'interleave' ? 'Mean vote' : 'Difference from the control'}, with bounds that hold ` +
      'however often one looks, by units that had come';
  }
  const each = point.bounds.flatMap((one, i) => (one
    ? [`${comparisons[i]?.arm ?? ''} ${signed(one.value, number)} (${range(one, number)})`] : []));
  return `${count(point.units)} units, ${point.at.slice(0, 16).replace('T', ' ')}: ${each.join('; ')}`;
}

function table({ kind, arms, votes, exploration, comparisons, metric }: Report): HTMLElement {
  if (kind === 'interleave' && votes) {
    const [control = 'first', arm = 'second'] = [comparisons[0]?.control, comparisons[0]?.arm];
    return figures(['lists', `visitors for ${control}`, `for ${arm}`, 'undecided'],
      [[votes.answers, votes.first, votes.second, votes.ties].map(count)]);
  }
  if (kind === 'explore' && exploration) {
    const { slots, click, cart, purchase, items } = exploration;
    return figures(['slots', 'clicks', 'carts', 'purchases', 'items tried'],
      [[slots, click, cart, purchase, items].map(count)]);
  }
  const share = numbers({ kind, metric });
  const last = metric === 'revenue' ? 'a unit' : `${metric} rate`;
  return figures(['arm', 'units', 'clicked', 'cart', 'bought', 'revenue', last],
    arms.map((arm) => [
      arm.name,
      ...[arm.units, arm.clicked, arm.carted, arm.bought, Math.round(arm.revenue)].map(count),
      arm.value === undefined || arm.value === null ? '' : share(arm.value) +
        (arm.low === undefined || arm.high === undefined ? '' : ` (${range(arm as Bounds, share)})`),
    ]));
}

function figures(heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  return h('div', { class: 'scroll' }, h('table', {},
    h('thead', {}, h('tr', {}, ...heads.map((head) => h('th', { scope: 'col' }, head)))),
    h('tbody', {}, ...rows.map((row) => h('tr', {}, ...row.map((cell) => h('td', {}, cell)))))));
}
