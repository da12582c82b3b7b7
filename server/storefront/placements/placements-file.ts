import { existsSync, statSync } from 'node:fs';
import type { Clock } from '../../core/clock.ts';
import { ServeError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { PlacementRules, Placements } from './placement.ts';
import { readPlacements } from './read-placements.ts';

export interface PlacementsSetting {
  readonly path: string;
  readonly asked: boolean; // named by a setting: then it has to be there
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_US = 1_000_000;

/**
 * The shop's placements, as the file has them now: it is looked at each second, and read once it has rested
 * for one. What is wrong, or lacks what an experiment uses, changes nothing; `problem` says so until the
 * file is another.
 */
export class PlacementsFile {
  /** Always the same map, with what holds in it. */
  readonly placements: Map<string, PlacementRules>;
  problem: string | null = null;
  /** Fails with `bad_argument` where these would not do. */
  check: (placements: Placements) => void = () => {};
  #seen: string; // the file that holds, or was refused
  #moving: string; // the file at the last look
  #cancel: () => void = () => {};

  /** Fails with `bad_argument`, naming the file, the path inside it and what is wrong. */
  constructor(private readonly setting: PlacementsSetting) {
    this.#seen = this.#moving = signature(setting.path);
    this.placements = new Map(readPlacements(setting.path, setting.asked));
    this.#later();
  }

  close(): void {
    this.#cancel();
  }

  #later(): void {
    this.#cancel = this.setting.clock.after(LOOK_US, () => {
      this.#look();
      this.#later();
    });
  }

  #look(): void {
    const { path, asked, log } = this.setting;
    const now = signature(path);
    const rested = now === this.#moving;
    this.#moving = now;
    if (!rested || now === this.#seen) return;
    this.#seen = now;
    try {
      const read = readPlacements(path, asked);
      this.check(read);
      this.placements.clear();
      for (const [name, one] of read) this.placements.set(name, one);
      this.problem = null;
      log.info('placements are read anew', { path, placements: this.placements.size });
    } catch (error) {
      if (!(error instanceof ServeError)) throw error;
      this.problem = `${error.detail}: the former placements hold`;
      log.warn('placements stay as they were', { path, why: error.detail });
    }
  }
}

/** Tells a file from what it was before; empty where there is none. */
function signature(path: string): string {
  try {
    if (!existsSync(path)) return '';
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return '';
  }
}
