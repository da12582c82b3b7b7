/**
 * How long a model's runs take by their rows, timed on one thread of a process that does nothing
 * else. `curve-process.ts` is that process.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServeError } from '../../server/core/errors.ts';
import { ROOT } from '../machine.ts';

export interface CurvePoint {
  readonly rows: number;
  /** Microseconds of a run, gathering and scattering of rows included: median, and p95. */
  readonly us: number;
  readonly p95Us: number;
}

export interface BatchCurve {
  readonly model: string;
  readonly version: number;
  readonly platform: string;
  /** By rows, ascending; the first has one row. */
  readonly points: readonly CurvePoint[];
  /** What opening the model and running its largest batch added to the process. */
  readonly modelBytes: number;
}

/**
 * Times the newest served version of `repository`'s `model` at 1, 2, 4, … rows up to `rowsMax`,
 * whatever its config allows. Fails with `bad_argument` where the model is none of fixed sizes, and
 * with `backend` where it does not run.
 */
export async function measureCurve(
  repository: string, model: string, rowsMax: number,
): Promise<BatchCurve> {
  const program = join(ROOT, 'dist/bench/tune/curve-process.js');
  const args = [program, repository, model, String(rowsMax)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
  const said = JSON.parse(stdout) as BatchCurve | { failed: string };
  if ('failed' in said) throw new ServeError('bad_argument', said.failed);
  return said;
}

/** Microseconds of a run of `rows`, on the lines between the measured points and beyond the last. */
export function runUs(points: readonly CurvePoint[], rows: number): number {
  const at = points.findIndex((point) => point.rows >= rows);
  const right = points[at === -1 ? points.length - 1 : at] as CurvePoint;
  if (right.rows === rows) return right.us;
  const left = points[(at === -1 ? points.length - 1 : at) - 1];
  if (!left) return right.us; // one point: no slope is known
  return left.us + ((right.us - left.us) / (right.rows - left.rows)) * (rows - left.rows);
}
