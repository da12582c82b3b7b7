import type { ShopEvent } from '../wire/schema.ts';
import { STOREFRONT_LIMITS } from './limits.ts';

const { robotViewsMax, robotMinuteMs, robotDwellMs, robotRunMax } = STOREFRONT_LIMITS;

/** What a watch has seen so far, to be kept with its session. */
export type SavedWatch = readonly [robot: 0 | 1, sinceMs: number, views: number, lastMs: number, run: number];

/**
 * Tells by what a session does whether a program is behind it: too many items looked at within a minute, or
 * one after the other without the time to see them. It goes by views of items in order of arrival, and
 * what it has found stays. A user agent that is a program's settles it at once.
 */
export class RobotWatch {
  robot = false;
  #sinceMs = 0; // of the minute that is counted
  #views = 0; // in it
  #lastMs = 0; // of the newest view; 0: there was none
  #run = 0; // views in a row that were too quick

  see({ type, atMs, robot }: Pick<ShopEvent, 'type' | 'atMs' | 'robot'>): void {
    if (robot === true) this.robot = true;
    if (type !== 'item_view' || atMs < this.#lastMs) return; // what comes late says nothing of pace
    if (atMs - this.#sinceMs >= robotMinuteMs) {
      this.#sinceMs = atMs;
      this.#views = 0;
    }
    this.#views += 1;
    this.#run = this.#lastMs > 0 && atMs - this.#lastMs < robotDwellMs ? this.#run + 1 : 0;
    this.#lastMs = atMs;
    if (this.#views > robotViewsMax || this.#run >= robotRunMax) this.robot = true;
  }

  save(): SavedWatch {
    return [this.robot ? 1 : 0, this.#sinceMs, this.#views, this.#lastMs, this.#run];
  }

  load([robot, sinceMs, views, lastMs, run]: SavedWatch): void {
    this.robot = robot === 1;
    this.#sinceMs = sinceMs;
    this.#views = views;
    this.#lastMs = lastMs;
    this.#run = run;
  }
}
