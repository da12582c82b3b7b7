import type { Points } from './kmeans.ts';

export interface SegmentName {
  readonly en: string;
  readonly zh: string;
}

type Word = readonly [en: string, zh: string];

/**
 * Names segments by how their medians stand among all customers: how long ago, how often, how much.
 * The first three columns of `raw` are recency, purchases and mean amount, as logarithms of 1 more.
 */
export function segmentNames(raw: Points, labels: Uint8Array, k: number): SegmentName[] {
  const all = [0, 1, 2].map((column) => sorted(raw, column, () => true));
  const used = new Set<string>();
  return Array.from({ length: k }, (_, segment) => {
    const own = [0, 1, 2].map((column) => median(sorted(
      raw, column, (row) => labels[row] === segment)));
    const [recency, , money] = own.map((value, column) => standing(all[column]!, value));
    const often = Math.round(Math.expm1(own[1]!));
    const days = Math.round(Math.expm1(own[0]!));
    const when: Word = recency! < 0.4 ? ['active', '活跃的']
      : recency! < 0.65 ? ['cooling', '渐冷的'] : ['lapsed', '沉睡的'];
    const who: Word = often <= 1 ? ['one-time buyers', '一次性顾客']
      : often < 5 ? ['repeat buyers', '回头客'] : ['loyal regulars', '忠实常客'];
    const much: Word = money! > 0.65 ? ['large baskets', '大额订单']
      : money! < 0.35 ? ['small baskets', '小额订单'] : ['usual baskets', '普通订单'];
    const en = `${when[0]} ${who[0]}, ${much[0]}`;
    const zh = `${when[1]}${who[1]}，${much[1]}`;
    const taken = used.has(en);
    used.add(en);
    // Alike in all three words: told apart by the typical customer.
    return taken
      ? {
        en: `${en} (about ${often} purchases, ${days} days ago)`,
        zh: `${zh}（约${often}次购买，${days}天前）`,
      }
      : { en, zh };
  });
}

function sorted(raw: Points, column: number, take: (row: number) => boolean): Float64Array {
  const values: number[] = [];
  for (let row = 0; row < raw.rows; row += 1) {
    if (take(row)) values.push(raw.values[row * raw.width + column] as number);
  }
  return Float64Array.from(values).sort();
}

function median(values: Float64Array): number {
  return values[values.length >> 1] ?? 0;
}

/** The share of `values` below `value`, ties counted half. */
function standing(values: Float64Array, value: number): number {
  let below = 0;
  let equal = 0;
  for (const each of values) {
    if (each < value) below += 1;
    else if (each === value) equal += 1;
  }
  return (below + equal / 2) / values.length;
}
