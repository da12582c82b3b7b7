import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { Flights } from '../../../server/routes/flights.ts';
import type { Flight } from '../../../server/routes/session.ts';
import type { RequestId } from '../../../server/wire/schema.ts';

const flightOf = (id: RequestId): Flight => ({ id, cancel: () => true });

suite('Flights', () => {
  test('hold what a Map holds, over any coming and going of ids', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const prng = new Prng(seed);
      const flights = new Flights();
      const map = new Map<RequestId, Flight>();
      const step = prng.pick([1, 2, 64, 4096, 65_536]); // ids that meet in the same places
      const idOf = (): RequestId => {
        const number = prng.below(60) * step;
        return prng.below(10) === 0 ? prng.pick([`t${number}`, 2 ** 32 + number]) : number;
      };
      for (let turn = 0; turn < 2000; turn += 1) {
        const id = idOf();
        assert.equal(flights.has(id), map.has(id));
        if (map.has(id) || prng.below(5) === 0) {
          assert.equal(flights.delete(id), map.delete(id));
        } else {
          const flight = flightOf(id);
          flights.set(id, flight);
          map.set(id, flight);
        }
        assert.equal(flights.size, map.size);
      }
      for (const [id, flight] of map) assert.equal(flights.get(id), flight);
      const text = (all: Iterable<Flight>): string[] => [...all].map(({ id }) => String(id)).sort();
      assert.deepEqual(text(flights.list()), text(map.values()));
    }
  });
});
