import type {
  ModelOverride, ModelRepository, ModelState,
} from '../../server/catalog/directory.ts';
import { ServeError } from '../../server/core/errors.ts';

/** Remembers what was asked of it; only `sum` and `broken` are there. */
export class FakeRepository implements ModelRepository {
  readonly asked: (readonly [string, string, ModelOverride?])[] = [];

  async index(): Promise<readonly ModelState[]> {
    return [
      { name: 'broken', state: 'UNAVAILABLE', reason: 'the runtime failed: cut short' },
      { name: 'idle' },
      { name: 'sum', version: '1', state: 'READY' },
    ];
  }

  async load(name: string, override?: ModelOverride): Promise<void> {
    this.asked.push(override ? ['load', name, override] : ['load', name]);
    if (name === 'broken') throw new ServeError('backend', 'cut short');
    this.#check(name);
  }

  async unload(name: string): Promise<void> {
    this.asked.push(['unload', name]);
    this.#check(name);
  }

  #check(name: string): void {
    if (name !== 'sum') throw new ServeError('unknown_model', `'${name}'`);
  }
}
