/** `npm run bench -- --quick`: a part of every bench that needs nothing but this checkout, one table. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HEADLINES, rowOf, valueOf } from './headlines.ts';
import { commit, machine, ROOT } from './machine.ts';
import { numberText, writeResult, type Result, type Row } from './report.ts';

interface Part {
  readonly bench: string;
  readonly only?: string;
  /** It is ended after so long; what is not done then is left out. */
  readonly secondsMax: number;
}

const PARTS: readonly Part[] = [
  { bench: 'wire', secondsMax: 30 },
  { bench: 'batch', secondsMax: 25 },
  { bench: 'filter', secondsMax: 30 },
  { bench: 'ann', only: 'clusters,vitrine,speed', secondsMax: 40 },
  { bench: 'session', only: 'neighbours', secondsMax: 40 },
  { bench: 'serve', secondsMax: 130 },
  { bench: 'http', secondsMax: 45 },
  { bench: 'import', secondsMax: 60 },
  { bench: 'fronts', secondsMax: 45 },
  { bench: 'insight', only: 'scored', secondsMax: 60 },
];

/** Of all of it; what does not fit any more is left out and named. */
const SECONDS_MAX = 285;
const SECONDS_LEAST = 10; // that a part is begun with

/** Runs one part: its result, or why there is none. */
export type RunPart = (part: Part, secondsMax: number) => Promise<Result | string>;

export async function quickSuite(json?: string, runPart: RunPart = inProcess): Promise<number> {
  const startMs = performance.now();
  const leftS = (): number => SECONDS_MAX - (performance.now() - startMs) / 1000;
  const before = { when: new Date().toISOString(), machine: machine() };
  const results: Result[] = [];
  const missing: string[] = [];
  for (const part of PARTS) {
    const secondsMax = Math.min(part.secondsMax, leftS());
    if (secondsMax < SECONDS_LEAST) {
      missing.push(`${part.bench} is left out: the five minutes are over (a busy machine?)`);
      continue;
    }
    console.error(`${part.bench} …`);
    const found = await runPart(part, secondsMax);
    if (typeof found === 'string') missing.push(`${part.bench} is left out: ${found}`);
    else results.push(found);
  }
  console.log(suiteText(results, missing, fullResult, before.machine.loadAverage));
  console.log(`\n${Math.round((performance.now() - startMs) / 1000)} s`);
  if (json !== undefined) {
    writeResult(json, {
      bench: 'quick', ...before, quick: true, commit: commit(), versions: { node: process.versions.node },
      inputs: results.map(({ inputs }) => inputs).join(' '), notes: missing,
      rows: results.flatMap(({ bench, rows }) => rows.map((row) => ({ ...row, case: `${bench}: ${row.case}` }))),
    });
  }
  return results.length > 0 ? 0 : 1;
}

/** The table; `full` has the committed result of a bench, if there is one. */
export function suiteText(
  results: readonly Result[], missing: readonly string[], full: (bench: string) => Result | null, load: number,
): string {
  const head = ['', 'now', 'full run', ''];
  const lines = results.flatMap((result) => linesOf(result, full(result.bench)));
  const widths = head.map((cell, at) => Math.max(cell.length, ...lines.map((line) => (line[at] as string).length)));
  const cellText = (cell: string, at: number): string => {
    const width = widths[at] as number;
    return at === 0 || at === 3 ? cell.padEnd(width) : cell.padStart(width);
  };
  const table = [head, ...lines].map((line) => line.map(cellText).join('  ').trimEnd());
  const notes = results.flatMap(({ bench, notes: all }) =>
    all.filter((note) => LEFT_OUT.test(note)).map((note) => `${bench}: ${note}`));
  return [
    ...table, '',
    'now: a few seconds of each, load average before ' + load.toFixed(2) + '; full run: bench/results, which the ' +
      'README quotes, on the machine named there',
    ...(load > BUSY ? ['note: other work shared the cores: rates are too low and times too long; CPU tells more'] : []),
    ...[...missing, ...notes].map((note) => `note: ${note}`),
  ].join('\n');
}

const BUSY = 0.5; // load average before
const LEFT_OUT = /left out|absent|not (?:found|there|installed|run|measured)|missing|needs? /i;
const OTHER_MAX = 2; // rows of a bench that has no headline

function linesOf({ bench, rows }: Result, full: Result | null): string[][] {
  const told = HEADLINES.filter((headline) => headline.bench === bench).flatMap((headline) => {
    const row = rowOf(rows, headline);
    const value = valueOf(row, headline);
    if (row === undefined || value === undefined) return [];
    const before = full === null ? undefined : valueOf(rowOf(full.rows, headline), headline);
    const unit = headline.ratio ? 'x' : row.unit;
    return [[
      `${bench}: ${headline.name} [${unit}]`, numberText(value), before === undefined ? '–' : numberText(before),
      `${headline.better} is better`,
    ]];
  });
  if (told.length > 0) return told;
  const ours = rows.filter(({ impl }) => /^(vitrine|inline|lane)/i.test(impl));
  return (ours.length > 0 ? ours : rows).slice(0, OTHER_MAX).map((row) =>
    [`${bench}: ${row.case}, ${row.impl}, ${row.metric} [${row.unit}]`, numberText(row.value), sameOf(full, row), '']);
}

function sameOf(full: Result | null, row: Row): string {
  const same = full?.rows.find((one) => one.case === row.case && one.impl === row.impl && one.metric === row.metric);
  return same ? numberText(same.value) : '–';
}

function fullResult(bench: string): Result | null {
  const path = join(ROOT, `bench/results/${bench}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) as Result : null;
}

/** A process of its own, so that benches do not warm each other's code and one that hangs can be ended. */
function inProcess({ bench, only }: Part, secondsMax: number): Promise<Result | string> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-quick-'));
  const path = join(folder, `${bench}.json`);
  const args = [join(ROOT, 'dist/bench/main.js'), bench, '--quick', '--json', path, ...(only ? ['--only', only] : [])];
  // A group of its own: what is ended is the bench with the servers that it started.
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-4000)));
  return new Promise((resolve) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, secondsMax * 1000);
    child.on('close', (code) => {
      clearTimeout(timer);
      const lastLine = said.trim().split('\n').findLast((line) => !line.startsWith('    at ')) ?? '';
      const found = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) as Result
        : late ? `it took longer than ${Math.round(secondsMax)} s` : `it ended with ${code}: ${lastLine}`;
      rmSync(folder, { recursive: true, force: true });
      resolve(found);
    });
  });
}
