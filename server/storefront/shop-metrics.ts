import type { Metrics } from '../observe/metrics.ts';
import type { IdleWork } from './idle-work.ts';
import type { Shop } from './shop.ts';

const FRESHNESS_US = [500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 500_000] as const;

/** Publishes what the shop counts. Read when somebody scrapes. */
export function observeShop(metrics: Metrics, shop: Shop): void {
  const counter = (name: string, help: string, read: () => number) =>
    metrics.observe('counter', `vitrine_${name}_total`, help, {}, read);
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge(`vitrine_${name}`, help, {}, read);

  counter('events', 'Events made durable', () => shop.counts.events);
  counter('event_duplicates', 'Events whose id was known', () => shop.counts.duplicates);
  counter('events_late', 'Events of a session that was over already', () => shop.counts.late);
  counter('events_robot', 'Events of robots, by user agent or by pace: durable, learned from by nobody',
    () => shop.counts.robots);
  counter('visitors_joined', 'Visitors whose earlier events became a customer\'s', () => shop.visitors.joined);
  counter('visitors_shared', 'Visitors that two customers have used', () => shop.visitors.shared);
  if (shop.currencies) {
    for (const outcome of ['converted', 'unpriced'] as const) {
      metrics.observe('counter', 'vitrine_event_currencies_total', 'Events with prices in another currency',
        { outcome }, () => shop.currencies?.[outcome] ?? 0);
    }
  }
  counter('answers_degraded', 'Answers that did without something', () => shop.counts.degraded);
  counter('pushes', 'Answers sent to subscribers', () => shop.counts.pushes);
  counter('searches', 'Answers that were searched for', () => shop.searches.searches);
  counter('search_batches', 'Batches that they were searched for in', () => shop.searches.batches);
  metrics.histogram('vitrine_freshness_us',
    'From an event\'s coming to answers that know of it, its commit included', {},
    () => shop.freshnessUs.cumulative(FRESHNESS_US));
  gauge('sessions', 'Sessions held in memory', () => shop.gauges.sessions);
  gauge('customers', 'Customers held in memory', () => shop.gauges.customers);
  gauge('subscriptions', 'Subscriptions to sessions', () => shop.gauges.subscriptions);

  counter('answers', 'Answers with an attribution', () => shop.attribution.answers);
  counter('answer_items', 'Items in those answers', () => shop.attribution.items);
  counter('attribution_unknown', 'Events of no known answer', () => shop.attribution.unknown);
  counter('attributed_revenue', 'Bought through answers', () => shop.attribution.revenue);
  for (const stage of ['impressions', 'clicks', 'cartAdds', 'purchases'] as const) {
    const help = 'Items of answers that came to a stage, once each';
    const label = stage.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`);
    metrics.observe('counter', 'vitrine_attributed_items_total', help, { stage: label }, () =>
      shop.attribution[stage],
    );
  }
}

/** Publishes what was done while nobody waited. */
export function observeIdle(metrics: Metrics, { counts }: IdleWork): void {
  const counter = (name: string, help: string, read: () => number) =>
    metrics.observe('counter', `vitrine_${name}_total`, help, {}, read);
  counter('index_refined', 'Vectors whose edges were looked for anew', () => counts.refined);
  counter('index_refine_steps', 'Steps in which that was done', () => counts.steps);
  counter('idle_postponed', 'Times that there was load instead', () => counts.postponed);
}
