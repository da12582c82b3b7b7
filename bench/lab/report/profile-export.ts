import { closeSync, openSync, writeSync } from 'node:fs';
import type { LoadTest } from '../load-test.ts';
import { OUTCOMES } from '../run.ts';
import { splitOf } from './split.ts';

const CHUNK = 4096; // requests between two writes

/**
 * What `--profile-export-file` holds: perf_analyzer's shape (experiments with their requests, in
 * nanoseconds since 1970), and in each experiment what we compute from it. Written piece by piece: ten
 * million requests are longer than a string can be.
 */
export function writeProfile(path: string, test: LoadTest, version: string): void {
  const file = openSync(path, 'w');
  try {
    const write = (text: string) => void writeSync(file, text);
    const { levels, ...about } = test;
    write('{"experiments":[');
    levels.forEach((level, i) => {
      const { run, measurement, server, value } = level;
      const ns = (seconds: number): string => nanoseconds(run.startedAt, seconds);
      write(`${i === 0 ? '' : ','}\n{"experiment":${JSON.stringify({
        mode: test.mode === 'concurrency' ? 'concurrency' : 'request_rate', value,
      })},"requests":[`);
      let piece = '';
      for (let row = 0; row < run.due.length; row += 1) {
        const [sent, done] = [run.sent[row] as number, run.done[row] as number];
        const outcome = run.outcome[row] as number;
        piece += `${row === 0 ? '' : ','}\n{"timestamp":${ns(Number.isNaN(sent) ? run.due[row] as number : sent)},` +
          `"due":${ns(run.due[row] as number)},` +
          `"response_timestamps":[${Number.isNaN(done) ? '' : ns(done)}],"success":${outcome === 0}` +
          (outcome === 0 ? '' : `,"outcome":"${OUTCOMES[outcome]}"`) +
          ((run.kind[row] as number) === 0 ? '' : `,"kind":${run.kind[row]}`) + '}';
        if (row % CHUNK === CHUNK - 1) {
          write(piece);
          piece = '';
        }
      }
      const marks = [ns(measurement.from), ns(measurement.to)];
      write(`${piece}],"window_boundaries":[${marks.join(',')}],${JSON.stringify({
        measurement, server_split: splitOf(server, measurement.from), server_samples: server,
        generator: run.generator,
      }).slice(1, -1)}}`);
    });
    write(`\n],"version":${JSON.stringify(version)},"service_kind":"${test.protocol}",` +
      `"endpoint":${JSON.stringify(test.url)},"test":${JSON.stringify(about)}}\n`);
  } finally {
    closeSync(file);
  }
}

/** Since 1970, as digits: more than a double holds to the nanosecond. */
function nanoseconds(startedAtMs: number, seconds: number): string {
  return String(BigInt(Math.round(startedAtMs * 1000)) * 1000n + BigInt(Math.round(seconds * 1e9)));
}
