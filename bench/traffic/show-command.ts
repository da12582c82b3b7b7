import { parseArgs } from 'node:util';
import { KINDS, messageOf, type Action } from './action.ts';
import { openSource } from './source.ts';
import { SOURCE_OPTIONS, SOURCE_USAGE, sourceOptions } from './source-options.ts';

export const usage = `vitrine bench traffic show --traffic PROFILE | --scenario NAME | --replay FILE [options]
    [--actions N]

Says what would be asked, and asks nothing: requests by kind and by second, sessions, the most viewed items,
  robots.

${SOURCE_USAGE}
  --actions N  the first N requests too, a line of JSON each: seconds from the start, and the message`;

const BARS = 60;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { ...SOURCE_OPTIONS, actions: { type: 'string',
    default: '0' } } });
  const source = await openSource(sourceOptions(values));
  const { startMs, seconds, speed } = source;
  const shown = Number(values.actions);
  const counts = new Map<string, number>();
  const sessions = new Map<string, Action['who']>();
  const views = new Map<string, number>();
  const bars = new Array<number>(Math.min(BARS, Math.ceil(seconds / speed))).fill(0);
  let all = 0;
  for (const action of source.actions) {
    const at = (action.atMs - startMs) / 1000;
    if (all < shown) console.log(JSON.stringify({ at: Number((at / speed).toFixed(3)), ...messageOf(action) }));
    all += 1;
    const kind = action.ask.op === 'event' ? action.ask.event.type : action.ask.op;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    sessions.set(action.session, action.who);
    bars[Math.min(bars.length - 1, Math.floor((at / seconds) * bars.length))]! += 1;
    if (action.ask.op !== 'event') continue;
    for (const { item } of action.ask.event.items) views.set(item, (views.get(item) ?? 0) + 1);
  }
  const asked = (names: readonly string[]): number => names.reduce((sum, name) => sum +
    (counts.get(name) ?? 0), 0);
  const top = [...views].sort((a, b) => b[1] - a[1]).slice(0, 5);
  const named = top.map(([item, count]) => `${item} (${count})`).join(', ');
  const robots = [...sessions.values()].filter((who) => who !== 'visitor').length;
  const questions = asked(KINDS.filter((kind) => kind !== 'event'));
  console.log([
    `${source.name}: ${source.about}`,
    `${all.toLocaleString('en')} requests in ${Number((seconds / speed).toPrecision(4))} s ` +
      `(${Math.round((all * speed) / seconds).toLocaleString('en')}/s) of ${sessions.size} sessions, ` +
      `${robots} of robots: ${questions} questions, ${all - questions} events`,
    ...[...counts].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `  ${kind.padEnd(16)} ${count}`),
    ...(top.length > 0 ? [`most named in events, of ${views.size}: ${named}`] : []),
    `over time: ${sparks(bars)}`,
  ].join('\n'));
  return 0;
}

function sparks(bars: readonly number[]): string {
  const most = Math.max(1, ...bars);
  return bars.map((value) => '▁▂▃▄▅▆▇█'[Math.min(7, Math.floor((8 * value) / most))]).join('');
}
