import { readFileSync } from 'node:fs';
import type { ServerProcess } from '../process.ts';

export interface MemoryGrowth {
  readonly grownMiB: number; // from before to the end
  /** MiB a minute over the second half: what still grows when all has been taken that is needed. */
  readonly slopeMiB: number;
}

const EVERY_MS = 250;

/**
 * Watches the server's resident memory until `stop`, from outside: a server in overload is not
 * asked.
 */
export function watchMemory(server: ServerProcess): { stop(): MemoryGrowth } {
  const samples: { readonly minutes: number; readonly mib: number }[] = [];
  const look = (): void => {
    samples.push({ minutes: performance.now() / 60_000, mib: residentMiB(server) });
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      const half = samples.slice(Math.floor(samples.length / 2));
      const grownMiB = (samples.at(-1)?.mib ?? NaN) - (samples[0]?.mib ?? NaN);
      return { grownMiB, slopeMiB: slope(half.map(({ minutes, mib }) => [minutes, mib])) };
    },
  };
}

/** Of the least-squares line through the points; 0 where there are too few. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (place: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[place], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  let across = 0;
  let along = 0;
  for (const [x, y] of points) {
    across += (x - x0) * (y - y0);
    along += (x - x0) ** 2;
  }
  return along === 0 ? 0 : across / along;
}

/** Resident memory of the server's process, MiB; NaN where /proc does not tell. */
export function residentMiB({ pid }: ServerProcess): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) / 1024;
  } catch {
    return NaN;
  }
}
