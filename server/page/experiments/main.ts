import { systemClock } from '../../core/clock.ts';
import { fill, h } from '../dom.ts';
import { article } from './article.ts';
import { type Key, KeyWanted, loadReports, type Report } from './reports.ts';

const AGAIN_US = 5_000_000;
const KEY = 'vitrine.experiments.key'; // for as long as the tab is open

const root = document.getElementById('experiments') as HTMLElement;
let shown = ''; // what is drawn, so that a chart under the pointer stays while nothing is new

async function look(): Promise<void> {
  try {
    const reports = await loadReports(storedKey());
    const now = JSON.stringify(reports);
    if (now !== shown) draw(reports);
    shown = now;
  } catch (error) {
    shown = '';
    if (error instanceof KeyWanted) return askForKey();
    fill(root, h('h1', {}, 'Experiments'), h('p', { class: 'lead', role: 'alert' }, String(error)));
  }
  systemClock.after(AGAIN_US, () => void look());
}

function draw(reports: readonly Report[]): void {
  const lead = reports.length === 0
    ? 'None is defined: PUT /v1/experiments, or experiments.json in the data folder, says what to try.'
    : 'Bounds hold at all times at once: look as often as you like, and stop when one has left zero.';
  fill(root, h('h1', {}, 'Experiments'), h('p', { class: 'lead' }, lead), ...reports.map(article));
}

/** The endpoints are restricted: which header do they want? */
function askForKey(): void {
  const header = h('input', { name: 'header', required: true, autocomplete: 'off' });
  const value = h('input', { name: 'value', type: 'password', required: true, autocomplete: 'off' });
  const form = h('form', { class: 'key', onsubmit: (event: SubmitEvent) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, JSON.stringify({ header: header.value, value: value.value }));
    void look();
  } },
  h('label', {}, 'Header', header), h('label', {}, 'Value', value),
  h('button', { class: 'button', type: 'submit' }, 'Show experiments'));
  fill(root, h('h1', {}, 'Experiments'),
    h('p', { class: 'lead' }, 'These endpoints want the header that VITRINE_RESTRICTED_API names.'), form);
}

function storedKey(): Key | null {
  const text = sessionStorage.getItem(KEY);
  return text === null ? null : JSON.parse(text) as Key;
}

void look();
