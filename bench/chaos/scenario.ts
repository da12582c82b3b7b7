import type { World } from './world.ts';

/** One kind of trouble, and what must hold while it is there and after it. */
export interface Scenario {
  readonly name: string;
  /** What must hold, as a sentence: printed beside what was seen. */
  readonly expects: string;
  /** Whether it reaches into the server's process, and so only works on one that it has started. */
  readonly inside: boolean;
  /** Why it cannot be run here; absent or null where it can. */
  unfit?(): string | null;
  /** Makes the trouble, and says what came of it. */
  run(world: World): Promise<Finding>;
}

export interface Finding {
  readonly holds: boolean;
  /** With figures. */
  readonly seen: string;
}

/** A scenario's own checks, gathered: what does not hold stands first. */
export function finding(checks: readonly (readonly [holds: boolean, seen: string])[]): Finding {
  const failed = checks.filter(([holds]) => !holds);
  const rest = checks.filter(([holds]) => holds);
  return {
    holds: failed.length === 0,
    seen: [...failed.map(([, seen]) => `NOT SO: ${seen}`), ...rest.map(([, seen]) => seen)].join('; '),
  };
}
