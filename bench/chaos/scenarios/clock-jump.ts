import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../machine.ts';
import { finding, type Scenario } from '../scenario.ts';
import { unharmed, Witness } from '../witness.ts';
import { askCalm, startOwn, stopOwn } from '../world.ts';

const HOUR_MS = 3_600_000;
const JUMPS = [HOUR_MS, -HOUR_MS, 0, 26 * HOUR_MS, 0] as const; // from the true time

/** A server of its own whose wall clock is put forward, back and right again under load. */
export const clockJump: Scenario = {
  name: 'clock jumps',
  expects: 'deadlines and answers do not mind the wall clock; events are taken at any time it shows',
  inside: true,
  unfit() {
    try {
      return provesFalse(buildShim());
    } catch (error) {
      return (error as Error).message;
    }
  },
  async run({ seconds, patienceMs }) {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-clock-'));
    const file = join(folder, 'offset');
    const jump = (ms: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(ms));
      writeFileSync(file, bytes, { flag: 'r+' });
    };
    writeFileSync(file, Buffer.alloc(8));
    const own = await startOwn({ LD_PRELOAD: buildShim(), CHAOS_CLOCK: file });
    const url = `http://127.0.0.1:${own.server.port}`;
    const witness = new Witness(url, (client) => askCalm(client, { deadlineMs: 5000 }));
    try {
      let taken = 0;
      const { told } = await witness.during(async () => {
        for (const [turn, ms] of JUMPS.entries()) {
          jump(ms);
          await sleep((1000 * seconds) / JUMPS.length);
          const answer = await fetch(`${url}/v1/events`, {
            method: 'POST',
            body: JSON.stringify({ events: [{ id: `e${turn}`, type: 'item_view', session: 'c', items: ['a'] }] }),
          });
          if (answer.status === 200) taken += 1;
        }
      });
      return finding([
        [taken === JUMPS.length, `${taken} of ${JUMPS.length} events were taken`],
        [true, `the clock was off by ${JUMPS.map((ms) => ms / HOUR_MS).join(', ')} hours`],
        unharmed(told, patienceMs),
      ]);
    } finally {
      witness.close();
      await stopOwn(own);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Whether a Node process under the shim sees the time that it is told; null, or why not. */
function provesFalse(library: string): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-clock-'));
  try {
    const file = join(folder, 'offset');
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(-HOUR_MS));
    writeFileSync(file, bytes);
    const env = { ...process.env, LD_PRELOAD: library, CHAOS_CLOCK: file };
    const { stdout } = spawnSync(process.execPath, ['-p', 'Date.now()'], { env, encoding: 'utf8' });
    const offMs = Number(stdout) - Date.now() + HOUR_MS;
    return Math.abs(offMs) < 60_000 ? null : 'this Node does not ask the C library for the time';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The shim's library; throws with why there is none. */
function buildShim(): string {
  if (process.platform !== 'linux') throw new Error('it is Linux\'s loader that puts the false clock in');
  const target = join(ROOT, 'build/bench/clock-shim.so');
  mkdirSync(join(ROOT, 'build/bench'), { recursive: true });
  const source = join(ROOT, 'bench/chaos/clock-shim.c');
  const compiler = process.env['CC'] || 'cc';
  const { status, stderr, error } = spawnSync(
    compiler, ['-shared', '-fPIC', '-O1', '-o', `${target}.${process.pid}`, source, '-ldl'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`it needs a C compiler: ${error?.message ?? stderr.split('\n')[0]}`);
  renameSync(`${target}.${process.pid}`, target);
  return target;
}
