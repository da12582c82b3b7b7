import type { Metrics } from '../observe/metrics.ts';
import { Metrics as Page } from '../observe/metrics.ts';
import type { Alerts } from './alerts.ts';
import type { CustomerWatch } from './customer-watch.ts';
import type { Watch } from './watch.ts';

/** Publishes the last look at each model, and what became of alerts. Read when somebody scrapes. */
export function observeWatch(metrics: Metrics, watch: Watch, alerts: Alerts): void {
  const counter = (name: string, help: string, read: () => number) =>
    metrics.observe('counter', `vitrine_${name}_total`, help, {}, read);
  counter('watch_looks', 'Looks at what models are asked and what comes of it', () => watch.counts.looks);
  counter('alerts_sent', 'Messages that the alert receiver took', () => alerts.counts.sent);
  counter('alerts_failed', 'Tries to send an alert that failed', () => alerts.counts.failed);
  counter('alerts_lost', 'Messages about alerts that nobody got', () => alerts.counts.lost);
  metrics.include(() => lastLook(watch, alerts));
}

/** Sizes of the customers' segments at the last look, and how far they are from those of the training. */
export function observeSegments(metrics: Metrics, watch: Pick<CustomerWatch, 'sizes'>): void {
  metrics.include(() => {
    const page = new Page();
    const { sizes } = watch;
    if (!sizes) return page;
    page.gauge('vitrine_segment_drift_psi', 'Population stability index of the segments\' sizes', {},
      () => sizes.psi);
    sizes.now.forEach((share, segment) => page.gauge('vitrine_segment_share_ratio',
      'Share of the customers in a segment', { segment: String(segment) }, () => share));
    return page;
  });
}

function lastLook(watch: Watch, alerts: Alerts): Metrics {
  const page = new Page();
  const gauge = (name: string, help: string, labels: Record<string, string>, value: number) =>
    page.gauge(`vitrine_${name}`, help, labels, () => value);
  for (const { model, columns, rows, anomalies, quality, online } of watch.reports) {
    gauge('watch_rows', 'Requests of the window that drift is looked for in', { model }, rows);
    for (const { name: column, psi, ks, jensenShannon } of columns) {
      gauge('drift_psi', 'Population stability index against the training', { model, column }, psi);
      gauge('drift_ks', 'Kolmogorov-Smirnov distance to the training', { model, column }, ks);
      gauge('drift_js', 'Jensen-Shannon distance to the training', { model, column }, jensenShannon);
    }
    if (anomalies !== null) {
      gauge('anomalies_ratio', 'Share of requests unlike the training', { model }, anomalies);
    }
    if (quality) {
      gauge('outcomes', 'Predictions whose outcome is known', { model }, quality.rows);
      gauge('calibration_ece', 'Expected calibration error of those', { model }, quality.ece);
      gauge('brier', 'Brier score of those', { model }, quality.brier);
      if (quality.auc) gauge('auc', 'Area under the ROC curve of those', { model }, quality.auc.value);
    }
    if (online) {
      gauge('online_log_loss', 'Log loss with what outcomes taught since', { model }, online.logLoss);
      gauge('offline_log_loss', 'Log loss of the same predictions without', { model }, online.without);
    }
  }
  for (const { model, alert } of alerts.firing) {
    gauge('alert_firing', 'An alert that is on: 1', { model, alert }, 1);
  }
  return page;
}
