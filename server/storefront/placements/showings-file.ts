import { rm } from 'node:fs/promises';
import type { Log } from '../../core/log.ts';
import { readSnapshot, writeSnapshot } from '../snapshot-file.ts';
import type { SavedShowings, Showings } from './showings.ts';

/**
 * What visitors were shown, from one run to the next: written when the server stops, read when it starts.
 * After a crash it is that of the last stop, which has faded by as much. A file that is of no use costs a
 * line in the log, and everything is shown anew.
 */
export class ShowingsFile {
  constructor(
    private readonly path: string, private readonly showings: Showings, private readonly log: Log,
  ) {}

  /** Never rejects. Rows from `rowCount` on are of a store that is gone. */
  async load(rowCount: number): Promise<void> {
    const found = await readSnapshot(this.path);
    if (found === null) return;
    if (typeof found === 'string') return this.#say('showings are of no use', found);
    const { head: { visitors }, columns } = found;
    this.showings.load({ visitors, ...columns } as unknown as SavedShowings, rowCount);
  }

  /** Never rejects. */
  async write(): Promise<void> {
    if (this.showings.count === 0) return this.drop();
    const { visitors, ...columns } = this.showings.save();
    try {
      await writeSnapshot(this.path, { head: { visitors }, columns });
    } catch (error) {
      this.#say('showings are not kept for the next start', (error as Error).message);
    }
  }

  async drop(): Promise<void> {
    await rm(this.path, { force: true });
  }

  #say(what: string, why: string): void {
    this.log.warn(what, { path: this.path, why });
  }
}
