import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** Publishes what the process itself costs. Returns what stops the event-loop watch. */
export function observeProcess(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  for (const quantile of [50, 90, 99, 99.9]) {
    metrics.gauge(
      'vitrine_event_loop_delay_seconds',
      'How late the front end runs, since start',
      { quantile: String(quantile / 100) },
      () => delay.percentile(quantile) / 1e9,
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
