import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Metrics } from '../../../server/observe/metrics.ts';
import { observeProcess } from '../../../server/observe/process.ts';

suite('what the process costs', () => {
  test('quantiles are named as people write them; a loop that is not late reads near 0', async () => {
    const metrics = new Metrics();
    const stop = observeProcess(metrics);
    await new Promise((resolve) => setTimeout(resolve, 150)); // the watch beats by the real clock
    const text = metrics.text();
    stop();

    const read = [...text.matchAll(/^vitrine_event_loop_delay_seconds\{quantile="([^"]+)"\} (\S+)$/gm)];
    assert.deepEqual(read.map(([, quantile]) => quantile), ['0.5', '0.9', '0.99', '0.999']);
    const [median] = read.map(([, , seconds]) => Number(seconds));
    const share = Number(/^nv_cpu_utilization (\S+)$/m.exec(text)?.[1]);
    assert.ok(share >= 0 && share <= 1, `${share} of the cores`);
    assert.match(text, /^vitrine_event_loop_delay_last_second_seconds\{quantile="0.99"\} [\d.e-]+$/m);
    assert.ok((median as number) >= 0 && (median as number) < 0.008, `median ${median} s`);
  });
});
