import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** The watch's own beat: it measures from one beat to the next, so that an idle loop reads this. */
const BEAT_MS = 10;
/** Named as they are printed: 99.9 / 100 is 0.9990000000000001. */
const DELAY_QUANTILES = { '0.5': 50, '0.9': 90, '0.99': 99, '0.999': 99.9 };

/** Publishes what the process itself costs. Returns what stops the event-loop watch. */
export function observeProcess(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: BEAT_MS });
  delay.enable();
  for (const [quantile, percent] of Object.entries(DELAY_QUANTILES)) {
    metrics.gauge(
      'vitrine_event_loop_delay_seconds',
      'How late the front end runs, since start; 0 where it is never late',
      { quantile },
      () => Math.max(0, delay.percentile(percent) / 1e9 - BEAT_MS / 1000),
    );
  }
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', {},
    () => process.memoryUsage.rss());
  metrics.gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use', {},
    () => process.memoryUsage().heapUsed);
  metrics.observe('counter', 'process_cpu_seconds_total', 'CPU time of all threads', {}, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge('process_start_time_seconds', 'Unix time of the start', {}, () => startSeconds);
  return () => delay.disable();
}

const startSeconds = Date.now() / 1000 - process.uptime();
