import { connectNode } from '../../server/client/node.ts';
import { systemClock } from '../../server/core/clock.ts';
import { Prng } from '../../server/core/prng.ts';
import type { Row } from '../report.ts';
import { K, recommendFile } from './requests.ts';
import type { Drive, ServedShop } from './served.ts';
import type { BenchShop } from './shop.ts';

const ASKS_MAX = 200; // until an answer has changed

/**
 * Under load: a visitor looks at the best item of their answer, and is then asked for what they have not
 * seen until that item is gone from it. From the event's reply on, and from its sending.
 */
export async function measureFreshness(
  served: ServedShop, shop: BenchShop, plan: Omit<Drive, 'requests'>,
): Promise<Row[]> {
  const client = connectNode(`ws://127.0.0.1:${served.server.port}/ws`, { resendMax: 0 });
  await client.ready();
  const prng = new Prng(3);
  const [afterReply, afterSending]: [number[], number[]] = [[], []];
  let loaded = true;
  const loading = served.drive({ ...plan, requests: recommendFile(shop, 16_384) })
    .finally(() => (loaded = false));
  for (let run = 0; loaded; run += 1) {
    const session = `now-${prng.below(shop.visitors.length)}`;
    const ask = async (): Promise<readonly string[]> => {
      const { items } = await client.recommend({ session, k: K, filter: { excludeSeen: true } });
      return items.map(({ item }) => item);
    };
    const [best] = await ask();
    if (best === undefined) continue;
    const sentUs = systemClock.nowUs();
    await client.events([{
      id: `f-${systemClock.wallMs()}-${run}`, type: 'item_view', session, items: [{ item: best }],
    }]);
    const repliedUs = systemClock.nowUs();
    for (let asks = 0; asks < ASKS_MAX && (await ask()).includes(best); asks += 1);
    afterReply.push(systemClock.nowUs() - repliedUs);
    afterSending.push(systemClock.nowUs() - sentUs);
  }
  await loading;
  client.close();
  const rows = (what: string, us: number[]): Row[] => {
    us.sort((a, b) => a - b);
    return [0.5, 0.99].map((share) => ({
      case: `freshness at ${plan.rate.toLocaleString('en')} requests/s`, impl: what,
      metric: `p${share * 100}`, unit: 'ms',
      value: (us[Math.min(us.length - 1, Math.floor(share * us.length))] ?? NaN) / 1000,
    }));
  };
  return [
    ...rows('event accepted to answer changed', afterReply),
    ...rows('event sent to answer changed', afterSending),
  ];
}
