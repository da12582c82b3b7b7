import { cpus, freemem, totalmem } from 'node:os';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Metrics } from './metrics.ts';

/** The watch's own beat: it measures from one beat to the next, so that an idle loop reads this. */
const BEAT_MS = 10;
/** Named as they are printed: 99.9 / 100 is 0.9990000000000001. */
const DELAY_QUANTILES = { '0.5': 50, '0.9': 90, '0.99': 99, '0.999': 99.9 };

/** Seconds by which a thread's event loop is late, by quantile. */
export type LoopDelay = Readonly<Record<string, number>>;

/** Watches this thread's event loop, since the start. */
export function watchLoop(): { read(): LoopDelay; stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: BEAT_MS });
  delay.enable();
  return { read: () => quantilesOf(delay), stop: () => delay.disable() };
}

/**
 * The same of the last whole second, whoever looks and how often: who measures a server under load
 * wants to know when it was late.
 */
export function watchLoopBySecond(): { read(): LoopDelay; stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: BEAT_MS });
  delay.enable();
  let last = quantilesOf(delay);
  const timer = setInterval(() => {
    last = quantilesOf(delay);
    delay.reset();
  }, 1000);
  timer.unref();
  return {
    read: () => last,
    stop: () => {
      clearInterval(timer);
      delay.disable();
    },
  };
}

function quantilesOf(delay: IntervalHistogram): LoopDelay {
  const late = (percent: number): number =>
    Math.max(0, delay.percentile(percent) / 1e9 - BEAT_MS / 1000);
  return Object.fromEntries(
    Object.entries(DELAY_QUANTILES).map(([quantile, percent]) => [quantile, late(percent)]));
}

/**
 * Publishes what the process itself costs. `others` are the event loops of other front ends, the
 * second first. Returns what stops the event-loop watch.
 */
export function observeProcess(
  metrics: Metrics, others: () => readonly LoopDelay[] = () => [],
): () => void {
  const delay = watchLoop();
  const bySecond = watchLoopBySecond();
  metrics.include(() => {
    const now = new Metrics();
    [delay.read(), ...others()].forEach((each, at) => {
      for (const [quantile, seconds] of Object.entries(each)) {
        const labels = at === 0 ? { quantile } : { quantile, front_end: String(at + 1) };
        now.gauge('vitrine_event_loop_delay_seconds',
          'How late the front end runs, since start; 0 where it is never late', labels,
          () => seconds);
      }
    });
    for (const [quantile, seconds] of Object.entries(bySecond.read())) {
      now.gauge('vitrine_event_loop_delay_last_second_seconds',
        'How late the first front end ran in the last whole second', { quantile }, () => seconds);
    }
    return now;
  });
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', {},
    () => process.memoryUsage.rss());
  metrics.gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use', {},
    () => process.memoryUsage().heapUsed);
  metrics.observe('counter', 'process_cpu_seconds_total', 'CPU time of all threads', {}, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge('nv_cpu_utilization', 'Share of all cores in use since the last look', {},
    cpuShare());
  metrics.gauge('nv_cpu_memory_total_bytes', 'Memory of the machine', {}, () => totalmem());
  metrics.gauge('nv_cpu_memory_used_bytes', 'Memory of the machine in use', {},
    () => totalmem() - freemem());
  metrics.gauge('process_start_time_seconds', 'Unix time of the start', {}, () => startSeconds);
  return () => {
    delay.stop();
    bySecond.stop();
  };
}

const startSeconds = Date.now() / 1000 - process.uptime();

/** Reads the share of the cores' time that was not idle since it was read before; 0 at first. */
function cpuShare(): () => number {
  const times = (): { idle: number; all: number } => {
    const sums = { idle: 0, all: 0 };
    for (const { times: { user, nice, sys, idle, irq } } of cpus()) {
      sums.idle += idle;
      sums.all += user + nice + sys + idle + irq;
    }
    return sums;
  };
  let before = times();
  return () => {
    const now = times();
    const all = now.all - before.all;
    const share = all === 0 ? 0 : 1 - (now.idle - before.idle) / all;
    before = now;
    return share;
  };
}
