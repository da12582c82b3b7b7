import { isbot } from 'isbot';

const KNOWN_MAX = 10_000; // user agents; then all are forgotten, and those in use come back
const known = new Map<string, boolean>();

/** Whether a user agent is that of a crawler, a monitor or a program, by the list of `isbot`. */
export function isRobot(userAgent: string): boolean {
  let robot = known.get(userAgent);
  if (robot !== undefined) return robot;
  robot = isbot(userAgent);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(userAgent, robot);
  return robot;
}
