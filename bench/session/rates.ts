import type { Row } from '../report.ts';
import type { Drive, Driven, ServedShop } from './served.ts';
import { trouble } from './served.ts';

export interface Rates {
  readonly name: string; // of the case
  readonly rates: readonly number[]; // requests a second, rising
  readonly p90MsMax: number; // what is good enough
  readonly plan: Omit<Drive, 'requests' | 'rate'>;
  readonly requests: (run: number) => Buffer;
}

/** Ever more requests a second, until one rate is no longer good enough; and the highest that was. */
export async function climb(
  served: ServedShop, { name, rates, p90MsMax, plan, requests }: Rates, say: (text: string) => void,
): Promise<{ rows: Row[]; notes: string[] }> {
  const [rows, notes]: [Row[], string[]] = [[], []];
  let highest = 0;
  for (const [run, rate] of rates.entries()) {
    say(`${name}, ${rate} requests/s`);
    const driven = await served.drive({ ...plan, rate, requests: requests(run) });
    const what = `${name}, ${rate.toLocaleString('en')} requests/s`;
    rows.push(...rowsOf(what, driven));
    const wrong = trouble(driven);
    if (wrong) notes.push(`${what}: ${wrong}`);
    const { report } = driven;
    const kept = report.from_due_us.p90 <= p90MsMax * 1000 && report.answered_per_s >= 0.97 * rate;
    if (kept) highest = rate;
    else if (rate >= 1000) break; // more than that only fills queues
  }
  rows.push({
    case: `${name}, highest rate with p90 <= ${p90MsMax} ms`, impl: 'Vitrine', metric: 'rate',
    value: highest, unit: '1/s',
  });
  return { rows, notes };
}

function rowsOf(name: string, { report, events, cpuUs }: Driven): Row[] {
  const row = (metric: string, value: number, unit: string): Row =>
    ({ case: name, impl: 'Vitrine', metric, value, unit });
  const { p50, p90, p99 } = report.from_due_us;
  return [
    row('answers', report.answered_per_s, '1/s'), row('p50', p50 / 1000, 'ms'), row('p90', p90 / 1000, 'ms'),
    row('p99', p99 / 1000, 'ms'), row('server CPU', cpuUs, 'us/request'),
    ...(events ? [
      row('events', events.answered_per_s, '1/s'),
      row('events p99', events.from_due_us.p99 / 1000, 'ms'),
    ] : []),
  ];
}
