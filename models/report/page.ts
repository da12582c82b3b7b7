import { escaped } from '../../server/core/svg.ts';
import type { Facts, ModelFacts } from './facts.ts';
import { bars, columns } from './pictures/bars.ts';
import { curves } from './pictures/curves.ts';
import { heatMap } from './pictures/heat-map.ts';
import { WORDS, type Language, type Words } from './words.ts';

const COHORTS_MAX = 18; // newest
const MONTHS_MAX = 13;

/** The whole report: one HTML page that loads nothing. `made` is when, as text. */
export function reportPage(facts: Facts, language: Language, made: string): string {
  const words = WORDS[language];
  const body = [
    header(facts, words, language, made),
    section(words.cohorts.title, words.cohorts.text, cohortPicture(facts, words)),
    section(words.timing.title, words.timing.text, timingPicture(facts, words), timingText(facts, language)),
    section(words.groups.title, words.groups.text, groupTable(facts, words, language)),
    section(words.segments.title, words.segments.text, segmentTable(facts, words, language)),
    section(words.risk.title, words.risk.text, riskPicture(facts, words, language)),
    section(words.check.title, words.check.text, ...check(facts, words, language)),
    section(words.drift.title, words.drift.text, driftTable(facts, words)),
    ...(facts.models.length === 0
      ? []
      : [section(words.models.title, words.models.text, modelTable(facts.models, words))]),
    section(words.how.title, '', list(words.how.lines)),
  ];
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(words.title)}</title>
<style>${STYLE}</style></head>
<body><main>${body.join('\n')}</main></body></html>
`;
}

const STYLE = `
body{margin:0;background:#f4f5f7;color:#222;font:16px/1.55 system-ui,
'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}
main{max-width:880px;margin:0 auto;padding:32px 20px}
h1{font-size:28px;line-height:1.25;margin:0 0 6px}h2{font-size:20px;margin:0 0 6px}
section{background:#fff;border-radius:10px;padding:22px 26px;margin:18px 0;overflow-x:auto}
p{margin:4px 0 14px;color:#444;max-width:70ch}.quiet{color:#777;font-size:14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(125px,1fr));gap:12px;margin-top:18px}
.tile{background:#fff;border-radius:10px;padding:14px 18px}.tile b{display:block;font-size:24px}
table{border-collapse:collapse;width:100%;font-size:14px}th{text-align:left;color:#777;font-weight:500}
td,th{padding:7px 10px;border-bottom:1px solid #eee;vertical-align:top}td.n,th.n{text-align:right}
td.n{white-space:nowrap}th{vertical-align:bottom}td:first-child{min-width:9em}
.pair{display:flex;flex-wrap:wrap;gap:16px}svg{max-width:100%;height:auto}
.shifted{color:#d55e00;font-weight:600}.watch{color:#a06a00}
@media print{body{background:#fff}section{break-inside:avoid}}
`.replaceAll('\n', '');

function section(title: string, text: string, ...parts: readonly string[]): string {
  const said = text === '' ? '' : `<p>${escaped(text)}</p>`;
  return `<section><h2>${escaped(title)}</h2>${said}${parts.join('')}</section>`;
}

function list(lines: readonly string[]): string {
  return `<ul>${lines.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>`;
}

function header(facts: Facts, { title }: Words, language: Language, made: string): string {
  const zh = language === 'zh';
  const { customers, purchases, revenue, repeatShare, expected, days, firstDay, lastDay } = facts;
  const tiles: readonly (readonly [string, string])[] = [
    [whole(customers), zh ? '客户' : 'customers'],
    [whole(purchases), zh ? '购买' : 'purchases'],
    [money(revenue), zh ? '收入' : 'revenue'],
    [percent(repeatShare), zh ? '再次购买过' : 'bought again'],
    [money(expected.value), zh ? `未来 ${days} 天预期收入` : `expected in ${days} days`],
    [money(expected.atRisk), zh ? '其中面临风险' : 'at risk besides'],
  ];
  const period = `${date(firstDay)} – ${date(lastDay)}`;
  const from = zh ? `数据：${facts.name}，${period}；生成于 ${made}` : `${facts.name}, ${period}; made ${made}`;
  return `<h1>${escaped(title)}</h1><p class="quiet">${escaped(from)}</p><div class="tiles">` +
    tiles.map(([value, name]) => `<div class="tile"><b>${value}</b>${escaped(name)}</div>`).join('') +
    '</div>';
}

function cohortPicture({ cohorts }: Facts, { cohorts: words }: Words): string {
  const shown = cohorts.filter((one) => one.customers > 0).slice(-COHORTS_MAX);
  return heatMap(words.title, words.month, shown.map(({ month, customers, active, lastIsPart }) => ({
    name: `${month} (${whole(customers)})`,
    shares: active.slice(0, MONTHS_MAX).map((count, at) =>
      at > 0 && lastIsPart && at === active.length - 1 ? null : count / customers),
  })));
}

function timingPicture({ repurchase }: Facts, { timing }: Words): string {
  const names = ['first', 'second', 'later'] as const;
  const all = names.filter((name) => repurchase[name].gaps >= 30).map((name) => ({
    name: timing.curves[name],
    points: Array.from(repurchase[name].again, (share, day) => [day, share] as const),
  }));
  const most = Math.max(0.1, ...all.map(({ points }) => points.at(-1)![1]));
  return curves(timing.title, all, {
    x: timing.axis, y: '%', xMax: repurchase.first.again.length - 1,
    yMax: Math.min(1, Math.ceil(most * 10) / 10), percent: true,
  });
}

function timingText({ repurchase }: Facts, language: Language): string {
  const { medianDays, again } = repurchase.first;
  const month = again[Math.min(30, again.length - 1)] as number;
  const later = repurchase.later.medianDays;
  const half = (days: number | null): string => language === 'zh'
    ? (days === null ? '不到一半会再次购买' : `一半在 ${days} 天内再次购买`)
    : (days === null ? 'fewer than half buy again' : `half buy again within ${days} days`);
  return `<p>${language === 'zh'
    ? `首次购买之后：${percent(month)} 在 30 天内回来，${half(medianDays)}；第四次及以后：${half(later)}。`
    : `After the first purchase ${percent(month)} are back within 30 days, and ${half(medianDays)}; after ` +
      `the fourth and later ones ${half(later)}.`}</p>`;
}

function groupTable({ groups, days }: Facts, words: Words, language: Language): string {
  const [group, customers, spent, chance, expected, risk] = words.groups.columns;
  const within = language === 'zh' ? `（${days}\u00a0天）` : ` (${days}\u00a0days)`;
  return table([group!, customers!, spent!, `${chance}${within}`, `${expected}${within}`, risk!], groups.map((one) => [
    `<b>${escaped(words.group[one.name].name)}</b><br><span class="quiet">` +
      `${escaped(words.group[one.name].what)}</span>`,
    whole(one.customers), money(one.revenue),
    one.customers === 0 ? '–' : percent(one.chance), money(one.expected), money(one.atRisk),
  ]), [1, 2, 3, 4, 5]);
}

const [NOTICED, SHIFTED] = [0.1, 0.25]; // PSI, as of a column that drifts

function segmentTable({ segments, days }: Facts, words: Words, language: Language): string {
  const { columns, stable, unstable, moved } = words.segments;
  const [segment, customers, share, before, chance, expected] = columns;
  const within = language === 'zh' ? `（${days}\u00a0天）` : ` (${days}\u00a0days)`;
  const told = (segments.stable ? stable : unstable).replace('{}', segments.stability.toFixed(2));
  const drift = segments.drift >= SHIFTED ? moved.much : segments.drift >= NOTICED ? moved.some : moved.hardly;
  return table(
    [segment!, customers!, share!, before!.replace('{}', String(days)), `${chance}${within}`, `${expected}${within}`],
    [...segments.rows].sort((a, b) => b.customers - a.customers).map(({ name, ...row }) => [
      `<b>${escaped(name[language])}</b>`, whole(row.customers), percent(row.share), percent(row.before),
      percent(row.chance), money(row.expected),
    ]), [1, 2, 3, 4, 5]) +
    `<p class="quiet">${told}${language === 'zh' ? '' : ' '}${drift}</p>`;
}

function riskPicture({ groups, expected }: Facts, words: Words, language: Language): string {
  const top = [...groups].sort((a, b) => b.atRisk - a.atRisk);
  const worst = top[0]!;
  const share = expected.atRisk === 0 ? 0 : worst.atRisk / expected.atRisk;
  const name = words.group[worst.name].name;
  return bars(words.risk.title, top.map(({ name: of, atRisk }) =>
    ({ name: words.group[of].name, value: atRisk, said: money(atRisk) }))) +
    `<p>${language === 'zh'
      ? `风险金额的 ${percent(share)} 在“${name}”。`
      : `${percent(share)} of it is with those "${name}".`}</p>`;
}

function check({ backtest }: Facts, { check: words }: Words, language: Language): string[] {
  if (!backtest) return [`<p>${escaped(words.none)}</p>`];
  const { landmark, days, customers, bought, auc, recencyAuc, lift10, ece, value, curve, tenths } = backtest;
  const most = Math.max(0.1, ...curve.flatMap(({ said, happened }) => [said, happened]));
  const text = language === 'zh'
    ? `以 ${date(landmark)} 之前的数据预测之后 ${days} 天：${whole(customers)} 位客户中 ${whole(bought)} 位购买。` +
      `预测概率最高的十分之一，购买比例是平均的 ${lift10.toFixed(1)} 倍。排序能力 AUC ${auc.toFixed(3)}` +
      `（“最近购买者优先”为 ${recencyAuc.toFixed(3)}），概率平均偏差 ${(100 * ece).toFixed(1)} 个百分点，` +
      `消费总额的预测偏差 ${percent(value.totalError)}。`
    : `From what was known on ${date(landmark)}, the ${days} days after: ${whole(bought)} of ` +
      `${whole(customers)} customers bought. The likeliest tenth bought ${lift10.toFixed(1)} times as often ` +
      `as the average. Ranking (AUC) ${auc.toFixed(3)}, by recency alone ${recencyAuc.toFixed(3)}; ` +
      `probabilities were off by ${(100 * ece).toFixed(1)} points on average, total spending by ` +
      `${percent(value.totalError)}.`;
  return [
    `<p>${text}</p><div class="pair">`,
    columns(words.lift, words.tenth, tenths,
      { value: bought / customers, name: language === 'zh' ? '平均' : 'average' }),
    curves(words.calibration, [
      { name: words.calibration, marks: 'circle',
        points: curve.map(({ said, happened }) => [100 * said, 100 * happened] as const) },
      { name: language === 'zh' ? '理想' : 'perfect', dashed: true, points: [[0, 0], [100 * most, 100 * most]] },
    ], { x: words.said, y: words.happened, xMax: 100 * most, yMax: 100 * most }),
    '</div>',
  ];
}

function driftTable({ shifts, days }: Facts, { drift }: Words): string {
  if (!shifts) return `<p>${escaped(drift.none)}</p>`;
  const [of, difference, verdict] = drift.columns;
  return table([of!, difference!.replace('{}', String(days)), verdict!], shifts.map(({ name, psi, level }) => [
    escaped(drift.name[name as keyof typeof drift.name]), psi.toFixed(3),
    `<span class="${level}">${escaped(drift.level[level])}</span>`,
  ]), [1]);
}

function modelTable(models: readonly ModelFacts[], { models: words }: Words): string {
  return table(words.columns, models.flatMap((model) => {
    const shown = Object.keys(model.scores).filter((name) => SHOWN.has(name));
    return shown.map((score, at) => {
      const value = model.scores[score] as number;
      const rules = Object.entries(model.baselines)
        .flatMap(([name, of]) => (of[score] === undefined ? [] : [[name, of[score] as number] as const]))
        .sort((a, b) => (LOW_IS_GOOD.has(score) ? a[1] - b[1] : b[1] - a[1]));
      const best = rules[0];
      return [
        at === 0 ? `<b>${escaped(model.name)}</b><br><span class="quiet">${escaped(model.what)}</span>` : '',
        at === 0 ? escaped(model.trainedOn) : '',
        at === 0 ? escaped(model.madeAt.slice(0, 10)) : '',
        escaped(score), figure(value), best ? `${figure(best[1])} (${escaped(best[0])})` : '–',
      ];
    });
  }), [4, 5]);
}

const SHOWN = new Set(['auc', 'prAuc', 'logLoss', 'ece', 'brier', 'hitRate', 'mrr', 'cIndex', 'gini', 'hr20', 'mrr20']);
const LOW_IS_GOOD = new Set(['logLoss', 'ece', 'brier']);

function table(
  head: readonly string[], rows: readonly (readonly string[])[], numeric: readonly number[],
): string {
  const kind = (at: number): string => (numeric.includes(at) ? ' class="n"' : '');
  const heads = head.map((one, at) => `<th${kind(at)}>${escaped(one)}</th>`).join('');
  const lines = rows.map((cells) =>
    `<tr>${cells.map((cell, at) => `<td${kind(at)}>${cell}</td>`).join('')}</tr>`);
  return `<table><thead><tr>${heads}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

function figure(value: number): string {
  return value.toFixed(3);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function money(value: number): string {
  if (Math.abs(value) >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  return Math.abs(value) >= 1e5 ? `${Math.round(value / 1e3)}k` : whole(value);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(Math.abs(share) < 0.0995 ? 1 : 0)}%`;
}

function date(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
