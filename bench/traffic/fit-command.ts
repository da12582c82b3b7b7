import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ServeError } from '../../server/core/errors.ts';
import { compare, type Comparison, type ShareComparison } from './compare.ts';
import { fitLaws, mergeLaws } from './fit.ts';
import { fitPicture } from './picture.ts';
import { LAW_NAMES, type Profile, whatIsWrong } from './profile.ts';
import { openDataset } from './read/dataset.ts';
import { Seen } from './seen.ts';

export const usage = `vitrine bench traffic fit --data FILE [--data FILE …] --out PROFILE.json [--name NAME]
    [--picture FILE.svg] [--seed N]

Reads what visitors of a shop did, and writes laws of which traffic like it can be simulated: how popular items
are, how long visits, how long the time between pages, when people come, from where, when they come back, who
buys. The profile holds these numbers alone, nobody's data. Each law is of the first file that shows it.

  --data     one of
             sessions: a session a line, item ids separated by blanks (YooChoose 1/64, Diginetica), .gz too
             YooChoose's clicks and Diginetica's item views as they were published
             UCI Online Retail (orders); UCI Online Shoppers (pages counted, seconds, whether they bought)
  --picture  distribution functions, real and simulated, of all files`;

/** Rows of the table that shows a fit, as text. */
export function fitTable(
  name: string, comparisons: readonly Comparison[], shares: readonly ShareComparison[],
): string {
  const number = (value: number): string => Number(value.toPrecision(3)).toString();
  return [
    `${name}: data / simulated`,
    ...comparisons.map(({ law, ks, quantiles }) => `  ${law.padEnd(40)} KS ${ks.toFixed(3)}   ` +
      quantiles.map(({ at, real, simulated }) =>
        `p${at * 100} ${number(real)} / ${number(simulated)}`).join('   ')),
    ...shares.map(({ what, real, simulated }) => `  ${what.padEnd(40)} ${number(real)} / ${number(simulated)}`),
  ].join('\n');
}

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', multiple: true, default: [] }, out: { type: 'string' }, name: { type: 'string' },
      picture: { type: 'string' }, seed: { type: 'string', default: '1' },
    },
  });
  if (values.data.length === 0 || values.out === undefined) {
    console.error(usage);
    return 2;
  }
  const read: { from: string; seen: Seen; laws: ReturnType<typeof fitLaws> }[] = [];
  for (const path of values.data) {
    const { name, visits } = await openDataset(path);
    const seen = new Seen();
    for await (const visit of visits) seen.add(visit);
    if (seen.visits === 0) throw new ServeError('bad_argument', `${path} holds no visits`);
    const laws = fitLaws(seen);
    const shown = Object.keys(laws).join(', ') || 'nothing';
    console.error(`${name}: ${seen.visits.toLocaleString('en')} visits show ${shown}`);
    read.push({ from: name, seen, laws });
  }
  const profile = rounded(mergeLaws(values.name ?? read.map(({ from }) => from).join(' + '), read));
  const wrong = whatIsWrong(profile);
  if (wrong !== null) throw new ServeError('bad_argument', `of these data no profile can be made: ${wrong}`);
  const panels: Comparison[] = [];
  for (const { from, seen, laws } of read) {
    const own = mergeLaws(from, [{ from, laws }]);
    const { comparisons, shares } = compare(seen, own, Number(values.seed));
    console.log(fitTable(from, comparisons, shares));
    panels.push(...comparisons.map((each) => ({ ...each, law: `${from}: ${each.law}` })));
  }
  writeFileSync(values.out, `${JSON.stringify(profile, null, 1).replace(/\[\n\s+([\d.,\s-]+?)\n\s+\]/g, flat)}\n`);
  if (values.picture !== undefined) writeFileSync(values.picture, fitPicture(profile.name, panels));
  const assumed = LAW_NAMES.filter((law) => profile.from[law] === 'assumed');
  console.log(`written to ${values.out}; assumed, as nothing was seen of it: ${assumed.join(', ') || 'nothing'}`);
  return 0;
}

/** Lists of numbers on few lines. */
function flat(_: string, inner: string): string {
  const numbers = inner.split(/,\s*/);
  const lines: string[] = [];
  for (let at = 0; at < numbers.length; at += 24) lines.push(`   ${numbers.slice(at, at + 24).join(', ')}`);
  return `[\n${lines.join(',\n')}\n ]`;
}

/** Four digits say all that a fit knows. */
function rounded(profile: Profile): Profile {
  return JSON.parse(JSON.stringify(profile, (_, value: unknown) =>
    (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value))) as Profile;
}
