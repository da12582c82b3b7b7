import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { putInPlace } from '../core/whole-file.ts';
import { customerUnit, keyOf } from './assign.ts';
import { readLines } from './experiment-log.ts';
import type { Line } from './log-lines.ts';

/**
 * Takes a customer out of an experiment's file, which nobody has open: their keys, and those of
 * sessions that were theirs, become keys of nobody. What was counted stays counted. The file is written
 * anew and put in place of the former. Whether they were in it. Throws what the file system does.
 */
export function forgetIn(path: string, customer: string): boolean {
  const keys = keysOf(path, customer);
  if (keys.size === 0) return false;
  const nobody = new Map([...keys].map((key) => [key, randomBytes(KEY_BYTES).toString('hex')]));
  const part = `${path}.part-${process.pid}`;
  const file = openSync(part, 'w');
  try {
    let held = '';
    const flush = (): void => {
      writeSync(file, held);
      held = '';
    };
    readLines(path, (line) => {
      held += `${JSON.stringify(line.map((one) => (typeof one === 'string' && nobody.get(one)) || one))}\n`;
      if (held.length > PART_LENGTH) flush();
    });
    flush();
  } finally {
    closeSync(file);
  }
  putInPlace(part, path);
  return true;
}

const KEY_BYTES = 9; // as `keyOf` has them
const PART_LENGTH = 1_048_576;

/** The customer's own key, their unit's, and those that led to it; none where they are not in it. */
function keysOf(path: string, customer: string): Set<string> {
  const links = new Map<string, string>();
  const units = new Set<string>();
  let own = '';
  readLines(path, (line: Line) => {
    if (line[0] === 'begun') own = keyOf(line[2].salt, customerUnit(customer));
    else if (line[0] === 'l') links.set(line[1], line[2]);
    else if (line[0] === 'u') units.add(line[1]);
  });
  const unit = links.get(own) ?? own;
  if (!units.has(unit)) return new Set();
  return new Set([own, unit, ...[...links].filter(([, to]) => to === unit).map(([from]) => from)]);
}
