import type { GroupName } from './rfm.ts';
import type { SHIFTS } from './shifts.ts';

export type Language = 'en' | 'zh';

/** Every sentence of the report that stands by itself; those with numbers in them are in `page.ts`. */
export interface Words {
  readonly title: string;
  readonly cohorts: { readonly title: string; readonly text: string; readonly month: string };
  readonly timing: {
    readonly title: string; readonly text: string; readonly axis: string;
    readonly curves: Readonly<Record<'first' | 'second' | 'later', string>>;
  };
  readonly groups: { readonly title: string; readonly text: string; readonly columns: readonly string[] };
  readonly segments: {
    readonly title: string; readonly text: string; readonly columns: readonly string[];
    readonly stable: string; readonly unstable: string; // '{}': how alike, of 1
    readonly moved: Readonly<Record<'hardly' | 'some' | 'much', string>>;
  };
  readonly group: Readonly<Record<GroupName, { readonly name: string; readonly what: string }>>;
  readonly risk: { readonly title: string; readonly text: string };
  readonly check: {
    readonly title: string; readonly text: string; readonly none: string;
    readonly lift: string; readonly tenth: string; readonly calibration: string;
    readonly said: string; readonly happened: string;
  };
  readonly drift: {
    readonly title: string; readonly text: string; readonly none: string;
    readonly columns: readonly string[];
    readonly level: Readonly<Record<'stable' | 'watch' | 'shifted', string>>;
    readonly name: Readonly<Record<(typeof SHIFTS)[number], string>>;
  };
  readonly models: { readonly title: string; readonly text: string; readonly columns: readonly string[] };
  readonly how: { readonly title: string; readonly lines: readonly string[] };
}

export const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    title: 'Customers: who they are, when they come back, what is at stake',
    cohorts: {
      title: 'Do customers come back?',
      text: 'Each row is the customers of one month of first purchases; each cell the share of them ' +
        'that bought in that later month. Darker is more. A pale right edge means that they stop coming.',
      month: 'months since the first purchase',
    },
    timing: {
      title: 'When do they come back?',
      text: 'Share of customers that has bought again so many days after a purchase. Those whom the ' +
        'data end too early for are counted for as long as they were seen.',
      axis: 'days since the purchase',
      curves: {
        first: 'after the first', second: 'after the second or third', later: 'after later ones',
      },
    },
    groups: {
      title: 'Which customers are there?',
      text: 'Six groups by when and how often they bought and what is expected of them.',
      columns: ['group', 'customers', 'spent so far', 'chance to buy', 'expected', 'at risk'],
    },
    segments: {
      title: 'Who is alike?',
      text: 'Segments that were not laid down but found: customers alike in when, how often, how regularly ' +
        'and for how much they buy. They are what an insight calls a segment.',
      columns: ['segment', 'customers', 'share', 'share {} days ago', 'chance to buy', 'expected'],
      stable: 'Other draws of the same customers give the same segments (alike by {} of 1).',
      unstable: 'Other draws of the same customers give other segments (alike by {} of 1): take them for a sketch.',
      moved: {
        hardly: 'Their sizes have hardly moved.', some: 'Their sizes have moved a little.',
        much: 'Their sizes have moved a lot.',
      },
    },
    group: {
      best: { name: 'best', what: 'the tenth of whom most is expected, and who keep coming' },
      regular: { name: 'regular', what: 'bought several times and are on time' },
      newcomer: { name: 'newcomers', what: 'first bought within the last 30 days' },
      slipping: { name: 'slipping', what: 'came regularly, and are overdue: still worth a word' },
      once: { name: 'bought once', what: 'one purchase, not long ago' },
      asleep: { name: 'asleep', what: 'silent for so long that little is expected' },
    },
    risk: {
      title: 'Where is money at risk?',
      text: 'What customers would spend if they went on as they did up to their last purchase, less ' +
        'what is expected of them now. A word to those who slip is worth most where this is high.',
    },
    check: {
      title: 'Can these figures be believed?',
      text: 'The same models, made from nothing but what was known earlier, and held against what ' +
        'then happened.',
      none: 'The log is too short to look back: there is nothing yet to hold the models against.',
      lift: 'who bought, by predicted chance', tenth: 'customers in tenths, likeliest first',
      calibration: 'said and happened', said: 'said, %', happened: 'happened, %',
    },
    drift: {
      title: 'Has buying changed?',
      text: 'Purchases of the last while beside those of the while before. "Changed" means that the ' +
        'difference is large and not chance; then models are due for training.',
      none: 'There are too few purchases to compare.',
      columns: ['of a purchase', 'difference in {} days (PSI)', 'verdict'],
      level: { stable: 'as before', watch: 'a little different', shifted: 'changed' },
      name: {
        amount: 'amount', units: 'pieces', kinds: 'different products',
        gap: 'days since the last one', weekday: 'day of the week',
      },
    },
    models: {
      title: 'How good are the models?',
      text: 'From their cards: scores on data that they had not seen, beside simple rules.',
      columns: ['model', 'learned from', 'made', 'score', 'model', 'best simple rule'],
    },
    how: {
      title: 'How this was made',
      lines: [
        'Purchases of one customer on one day are one. Amounts are in the shop\'s currency.',
        'Coming back: Kaplan-Meier curves. Chances and amounts: BG/NBD or MBG/CNBD-k (Fader, Hardie ' +
          '& Lee 2005; Platzer & Reutterer 2016) and Gamma-Gamma (Fader & Hardie 2013), fitted here.',
        'The look back cuts by time: nothing that happened later is known to a model.',
        'Everything is in this one file; it loads nothing, and names no customer.',
      ],
    },
  },
  zh: {
    title: '客户概览：他们是谁、何时回来、有多少价值面临风险',
    cohorts: {
      title: '客户会再回来吗？',
      text: '每一行是同一个月首次购买的客户，每一格是其中在之后某个月再次购买的比例。颜色越深比例越高；右侧发白说明客户在流失。',
      month: '距首次购买的月数',
    },
    timing: {
      title: '他们什么时候回来？',
      text: '一次购买之后若干天内再次购买的客户比例。数据提前结束的客户，只按可观察的时间计算。',
      axis: '距上次购买的天数',
      curves: { first: '首次购买之后', second: '第二、三次之后', later: '更多次之后' },
    },
    groups: {
      title: '有哪些客户？',
      text: '按购买的时间、次数和预期价值分为六组。',
      columns: ['客户组', '人数', '累计消费', '购买概率', '预期消费', '风险金额'],
    },
    segments: {
      title: '哪些客户彼此相似？',
      text: '这些分群不是事先规定的，而是从数据中发现的：购买时间、次数、规律和金额相近的客户。接口返回的分群即为此。',
      columns: ['分群', '人数', '占比', '{} 天前占比', '购买概率', '预期消费'],
      stable: '重新抽样后得到同样的分群（相似度 {}，满分为 1）。',
      unstable: '重新抽样后分群不同（相似度 {}，满分为 1），仅供参考。',
      moved: { hardly: '分群规模几乎没有变化。', some: '分群规模略有变化。', much: '分群规模变化很大。' },
    },
    group: {
      best: { name: '最佳客户', what: '预期价值最高的十分之一，且仍按节奏购买' },
      regular: { name: '常客', what: '多次购买，节奏正常' },
      newcomer: { name: '新客户', what: '最近 30 天内首次购买' },
      slipping: { name: '正在流失', what: '曾经常来，如今逾期未到，值得联系' },
      once: { name: '仅买一次', what: '只买过一次，时间不久' },
      asleep: { name: '沉睡客户', what: '沉默太久，预期很低' },
    },
    risk: {
      title: '哪里的收入有风险？',
      text: '如果客户保持到上次购买为止的节奏会消费的金额，减去现在预期的金额。这个数字高的地方，挽回最有价值。',
    },
    check: {
      title: '这些数字可信吗？',
      text: '用同样的模型，只用更早时已知的数据重新计算，再与之后实际发生的情况对照。',
      none: '日志太短，还无法回看验证。',
      lift: '按预测概率分组的实际购买比例', tenth: '客户按十分位，概率最高在前',
      calibration: '预测与实际', said: '预测，%', happened: '实际，%',
    },
    drift: {
      title: '购买行为变了吗？',
      text: '最近一段时间的购买与之前同样长的一段对比。“已改变”表示差异大且不是偶然，模型应当重新训练。',
      none: '购买太少，无法比较。',
      columns: ['每次购买的', '{} 天内的差异（PSI）', '结论'],
      level: { stable: '与之前相同', watch: '略有不同', shifted: '已改变' },
      name: { amount: '金额', units: '件数', kinds: '商品种类', gap: '距上次的天数', weekday: '星期几' },
    },
    models: {
      title: '模型有多好？',
      text: '来自模型卡：在未见过的数据上的得分，与简单规则对照。',
      columns: ['模型', '训练数据', '制作时间', '指标', '模型得分', '最佳简单规则'],
    },
    how: {
      title: '如何得出',
      lines: [
        '同一客户同一天的购买算一次。金额为店铺货币。',
        '回购曲线：Kaplan-Meier。概率与金额：BG/NBD 或 MBG/CNBD-k（Fader 等 2005；Platzer 与 Reutterer ' +
          '2016）和 Gamma-Gamma（Fader 与 Hardie 2013），在此拟合。',
        '回看验证按时间切分：模型不知道之后发生的任何事。',
        '一切都在这一个文件里：不加载任何外部内容，不含任何客户身份。',
      ],
    },
  },
};
