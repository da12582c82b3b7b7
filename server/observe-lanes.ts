import type { Metrics } from './observe/metrics.ts';
import type { LaneReport, ModelHost } from './serve.ts';
import { FLUSH_REASONS } from './batch/policy.ts';

const US_BOUNDS = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 1_000_000];
const ROW_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Publishes what every lane counts, under Triton's names where they mean the same. */
export function observeLanes(metrics: Metrics, host: ModelHost): void {
  for (const report of host.report()) observeLane(metrics, report);
}

function observeLane(metrics: Metrics, { model, version, placement, lane }: LaneReport): void {
  const labels = { model, version };
  const { stats } = lane;
  const failed = (): number => Object.values(stats.failed).reduce((sum, count) => sum + count, 0);
  const counter = (name: string, help: string, read: () => number): void =>
    metrics.observe('counter', name, help, labels, read);

  counter('nv_inference_request_success', 'Requests answered', () => stats.answered);
  counter('nv_inference_request_failure', 'Requests failed', failed);
  counter('nv_inference_count', 'Rows run', () => stats.rows);
  counter('nv_inference_exec_count', 'Batches run', () => stats.batchRows.count);
  counter('nv_inference_queue_duration_us', 'Time in the queue', () => stats.queueUs.sum);
  counter('nv_inference_compute_infer_duration_us', 'Time of the runs', () => stats.runUs.sum);
  metrics.gauge('nv_inference_pending_request_count', 'Rows waiting', labels,
    () => lane.waitingRows);
  metrics.gauge('vitrine_lane_free_slots', 'Slots not in use', { ...labels, placement },
    () => lane.freeSlots);
  for (const reason of FLUSH_REASONS) {
    metrics.observe('counter', 'vitrine_batches_total', 'Batches, by why they left',
      { ...labels, reason }, () => stats.batches[reason]);
  }
  metrics.histogram('nv_inference_queue_duration_histogram_us', 'Time in the queue', labels,
    () => stats.queueUs.cumulative(US_BOUNDS));
  metrics.histogram('nv_inference_compute_infer_duration_histogram_us', 'Time of a run', labels,
    () => stats.runUs.cumulative(US_BOUNDS));
  metrics.histogram('vitrine_batch_rows', 'Rows of a batch', labels,
    () => stats.batchRows.cumulative(ROW_BOUNDS));
}
