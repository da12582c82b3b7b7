import type { Language } from '../../wire/schema.ts';

const ENGLISH = {
  heading: 'Placements and rules',
  lead: 'Ask for one answer as a placement gives it, and see how it came about. Nothing asked here counts as shown.',
  shop: 'Back to the shop',
  placement: 'Placement', none: 'none', oneBlend: 'the one blend', blend: 'Sources of',
  who: 'For whom, from what', customer: 'Customer', session: 'Session', item: 'Product looked at',
  cart: 'In the cart (ids)', rerank: 'Results to re-rank (ids)',
  rules: 'Rules', where: 'Filter', boost: 'Boosts, one a line', knows: 'Attributes:',
  numbers: 'Limits and shares', k: 'Items', diversity: 'Diversity, 0 to 1', rotation: 'Rotation, 0 to 1',
  min_relevance: 'Least relevance, 0 to 1', shuffle: 'Shuffle, 0 to 1', caps: 'Caps', seed: 'Seed',
  again: 'also what was bought before', ask: 'Answer',
  asked: 'What was asked', start: 'Starts from', nothing: 'nothing',
  filter: 'What the filter lets pass', clause: 'Part', passes: 'Items', step: 'Search', found: 'Found',
  allItems: 'all', hidden: 'Hidden:',
  sources: 'What each source found', source: 'Source', weight: 'Weight', best: 'Best, with shares',
  candidates: 'Candidates, and what the rules made of them', inAnswer: 'Place', byScore: 'By score',
  title: 'Item', asFound: 'As found', boosted: 'Boosted', score: 'Rotated', timesShown: 'Shown', left: 'Why not',
  shown: (count: number): string => `The answer: ${count} ${count === 1 ? 'item' : 'items'}`,
  ofItems: (count: number): string => `Of ${count} items in the catalogue, by itself each part lets pass:`,
  failed: 'The server says:', waiting: 'Asking …',
};
export type RulesWords = typeof ENGLISH;

const CHINESE: RulesWords = {
  heading: '推荐位与规则',
  lead: '按推荐位的方式取一次答案，并查看它是怎样得出的。此处的请求不计为展示。',
  shop: '返回商店',
  placement: '推荐位', none: '无', oneBlend: '通用权重', blend: '来源权重',
  who: '对象与起点', customer: '顾客', session: '会话', item: '正在查看的商品',
  cart: '购物车内容（编号）', rerank: '待重排的结果（编号）',
  rules: '规则', where: '筛选', boost: '加权，每行一条', knows: '可用属性：',
  numbers: '上限与比例', k: '数量', diversity: '多样性，0 到 1', rotation: '轮换，0 到 1',
  min_relevance: '最低相关度，0 到 1', shuffle: '随机，0 到 1', caps: '上限', seed: '种子',
  again: '包括已购商品', ask: '取答案',
  asked: '请求内容', start: '起点', nothing: '无',
  filter: '筛选结果', clause: '条件', passes: '商品数', step: '搜索', found: '找到',
  allItems: '全部', hidden: '隐藏：',
  sources: '各来源找到的商品', source: '来源', weight: '权重', best: '最佳及其份额',
  candidates: '候选商品及规则的影响', inAnswer: '位置', byScore: '按得分',
  title: '商品', asFound: '原得分', boosted: '加权后', score: '轮换后', timesShown: '已展示', left: '未入选原因',
  shown: (count) => `答案：${count} 件商品`,
  ofItems: (count) => `目录共 ${count} 件商品，各条件单独可通过：`,
  failed: '服务器返回：', waiting: '请稍候……',
};

export const RULES_WORDS: Readonly<Record<Language, RulesWords>> = { en: ENGLISH, zh: CHINESE };
