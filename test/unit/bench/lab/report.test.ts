import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { HistogramLogReader } from 'hdr-histogram-js';
import { reportCsv } from '../../../../bench/lab/report/csv.ts';
import { hdrLog } from '../../../../bench/lab/report/hdr-log.ts';
import { reportPage } from '../../../../bench/lab/report/page.ts';
import { writeProfile } from '../../../../bench/lab/report/profile-export.ts';
import { batchesOf, latenciesOf, splitOf } from '../../../../bench/lab/report/split.ts';
import { reportText } from '../../../../bench/lab/report/text.ts';
import { NO_BROWSER, openBrowser, openPage } from '../../../support/browser.ts';
import { madeLoadTest, madeRun, madeSamples } from '../../../support/made-load-test.ts';

const LEVEL = { rate: 400, seconds: 4, serviceUs: 300 };
const TEST = madeLoadTest([LEVEL, { ...LEVEL, rate: 900 }]);
const ORIGIN = {
  machine: { cpu: 'a <cpu>', cores: 2, memoryGiB: 1, kernel: 'linux', governor: 'none', loadAverage: 0 },
  commit: 'abc', versions: { node: '20' },
};

suite('The report of a load test', () => {
  test('has perf_analyzer’s lines, in its order and words', () => {
    const text = reportText(TEST);

    const shapes = [
      /^Request Rate: 400 inference requests per seconds$/, /^ {2}Client: $/, /^ {4}Request count: \d+$/,
      /^ {4}Throughput: [\d.]+ infer\/sec$/, /^ {4}Avg latency: \d+ usec \(standard deviation \d+ usec\)$/,
      /^ {4}p50 latency: \d+ usec$/, /^ {4}p90 latency: \d+ usec$/, /^ {4}p95 latency: \d+ usec$/,
      /^ {4}p99 latency: \d+ usec$/,
      /^ {4}Avg WebSocket time: \d+ usec \(send\/recv 5 usec \+ response wait \d+ usec\)$/,
      /^ {2}Server: $/, /^ {4}Inference count: \d+$/, /^ {4}Execution count: \d+$/,
      /^ {4}Successful request count: \d+$/,
      new RegExp('^ {4}Avg request latency: 200 usec \\(overhead 20 usec \\+ queue 60 usec \\+ compute input ' +
        '10 usec \\+ compute infer 100 usec \\+ compute output 10 usec\\)$'),
    ];
    const lines = text.split('\n');
    const start = lines.findIndex((line) => (shapes[0] as RegExp).test(line));
    shapes.forEach((shape, at) => assert.match(lines[start + at] as string, shape));
    assert.match(text, new RegExp('\\nInferences/Second vs\\. Client p99 Batch Latency\\n' +
      'Request Rate: 400, throughput: [\\d.]+ infer/sec, latency \\d+ usec\\n'));
  });

  test('has nothing of a server that tells nothing', () => {
    assert.doesNotMatch(reportText(madeLoadTest([{ ...LEVEL, told: false }])), /Server: \n/);
  });

  test('is perf_analyzer’s CSV: its header, whole microseconds, rows by throughput', () => {
    const levels = TEST.levels.toReversed();
    const [head, ...rows] = reportCsv({ ...TEST, levels, mode: 'concurrency' }).trim().split('\n');

    assert.equal(head, 'Concurrency,Inferences/Second,Client Send,Network+Server Send/Recv,Server Queue,' +
      'Server Compute Input,Server Compute Infer,Server Compute Output,Client Recv,p50 latency,p90 latency,' +
      'p95 latency,p99 latency');
    assert.deepEqual(rows.map((row) => row.split(',')[0]), ['400', '900']);
    assert.deepEqual(rows[0]?.split(',').slice(4, 9), ['60', '10', '100', '10', '0']);
    assert.match(reportCsv(TEST), /^Request Rate,/);
  });

  test('is an HdrHistogram log that its reader reads: the same counts, tails to three digits', () => {
    const run = madeRun({ rate: 500, seconds: 3, serviceUs: 300, pause: { at: 1, seconds: 0.5 } });
    const reader = new HistogramLogReader(hdrLog(run));
    const [count, longest] = [{ due: 0, sent: 0 }, { due: 0, sent: 0 }];
    for (let one = reader.nextIntervalHistogram(); one; one = reader.nextIntervalHistogram()) {
      const clock = one.tag === 'from-sent' ? 'sent' : 'due';
      count[clock] += one.totalCount;
      longest[clock] = Math.max(longest[clock], one.maxValue);
    }

    const sorted = latenciesOf(run, { from: 0, to: Infinity }, 'due');
    assert.deepEqual(count, { due: run.due.length, sent: run.due.length });
    assert.ok(Math.abs(longest.due / 1000 / (sorted.at(-1) as number) - 1) < 0.001);
    assert.equal(reader.startTimeSec, run.startedAt / 1000);
  });

  test('is JSON in perf_analyzer’s shape, with the other clock and what was computed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-report-'));
    try {
      writeProfile(join(folder, 'profile.json'), TEST, 'v');
      const { experiments, version } = JSON.parse(readFileSync(join(folder, 'profile.json'), 'utf8'));
      const { run } = TEST.levels[0]!;
      const [first] = experiments[0].requests;
      const tookNs = (run.done[0]! - run.sent[0]!) * 1e9;

      assert.equal(version, 'v');
      assert.deepEqual(experiments[0].experiment, { mode: 'request_rate', value: 400 });
      assert.equal(experiments[0].requests.length, run.due.length);
      assert.ok(Math.abs(first.response_timestamps[0] - first.timestamp - tookNs) < 1000);
      assert.equal(first.success, true);
      assert.ok(experiments[0].measurement.fromDue.p99 > 0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('takes a server’s counters as differences, from the end of the warm-up', () => {
    const run = madeRun(LEVEL);
    const samples = madeSamples(run);
    const split = splitOf(samples, 2)!;

    assert.equal(split.requests, samples.at(-1)!.requests! - samples[10]!.requests!);
    assert.deepEqual([split.request, split.overhead, split.queue].map(Math.round), [200, 20, 60]);
    assert.deepEqual(batchesOf(samples).map(([size]) => size), [1, 2, 4, 8]);
    assert.equal(splitOf([], 0), null);
    assert.equal(splitOf([samples[3]!], 0), null);
  });

  test('is a page that asks for nothing: no script, no address to load from, names escaped', () => {
    const page = reportPage(TEST, ORIGIN);

    assert.doesNotMatch(page, /<script|<link|<img|src=|@import|url\(/);
    assert.match(page, /made &lt;up&gt;/);
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
    for (const name of [
      'Throughput against latency', 'Latency by percentile', 'Latency over time', 'Queue and compute',
      'Batch sizes', 'Processor', 'Memory', 'Event loop',
    ]) assert.ok(page.includes(`<figcaption>${name}</figcaption>`), name);
  });

  test('is a page in a browser, light and dark, as wide as its window', { skip: NO_BROWSER }, async () => {
    const browser = await openBrowser();
    try {
      for (const scheme of ['light', 'dark'] as const) {
        const { page, complaints } = await openPage(browser, { width: 390, height: 800 });
        await page.emulateMedia({ colorScheme: scheme });
        await page.setContent(reportPage(TEST, ORIGIN));
        const [wide, drawn, background] = await page.evaluate(LOOK) as [number, number[], string];

        assert.deepEqual(complaints, []);
        assert.ok(wide <= 390, String(wide));
        assert.ok(drawn.length > 8 && drawn.every((height) => height > 20), String(drawn));
        assert.equal(background === 'rgb(243, 244, 246)', scheme === 'light');
      }
    } finally {
      await browser.close();
    }
  });

  test('of runs with hardly an answer is drawn nevertheless', () => {
    const run = madeRun({ rate: 3, seconds: 1, serviceUs: 100 });
    const none = { ...run, outcome: run.outcome.map(() => 2), done: run.done.map(() => NaN) };
    const level = madeLoadTest([LEVEL]).levels[0]!;
    const page = reportPage({ ...TEST, levels: [{ ...level, run: none, server: [] }] }, ORIGIN);

    assert.match(page, /tells nothing of itself/);
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
    assert.match(reportPage({ ...TEST, levels: [] }, ORIGIN), /Nothing was measured/);
  });
});

/** In the page: how wide it is, how high its open pictures are, and the colour behind. */
const LOOK = `[
  document.documentElement.scrollWidth,
  [...document.querySelectorAll('section svg, details[open] svg')].map((one) => one.getBoundingClientRect().height),
  getComputedStyle(document.body).backgroundColor,
]`;
