import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeMsgpack } from '../../server/wire/msgpack.ts';
import { examples, shownBytes } from '../support/examples.ts';
import { startServer } from '../support/server-process.ts';
import { SocketClient } from '../support/socket-client.ts';
import { tempFolder } from '../support/temp-file.ts';

suite('server/wire/EXAMPLES.md, followed from top to bottom', () => {
  test('each request is answered by the demo store as the page says', async (t) => {
    const server = await startServer(tempFolder());
    t.after(() => server.kill());
    const client = await SocketClient.open(server.port, ['vitrine.v1.msgpack']);

    for (let at = 0; at < examples.length; ) {
      client.send((examples[at] as (typeof examples)[number]).frame);
      const wanted: unknown[] = [];
      for (at += 1; at < examples.length && examples[at]?.kind !== 'request'; at += 1) {
        wanted.push(withoutChoice(examples[at]?.value));
      }
      const came: unknown[] = [];
      while (came.length < wanted.length) {
        came.push(withoutChoice(shownBytes(decodeMsgpack((await client.next()).data))));
      }
      assert.deepEqual(sorted(came), sorted(wanted)); // a push may come before the reply or after
    }
    assert.equal(client.unread, 0, 'all that came is on the page');
    await client.close();
    assert.equal(await server.stop(), 0);
  });
});

/** An answer without what is the shop's own: which items, why, and the attribution's id. */
function withoutChoice(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutChoice);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => {
    if (key === 'attribution') return [key, typeof one];
    if (key === 'item') return [key, /^lamps-\d+$/.test(String(one)) ? 'a lamp' : one];
    if (['score', 'reason', 'timing', 'probability', 'expected', 'trained_on'].includes(key)) return [key, typeof one];
    return [key, withoutChoice(one)];
  }));
}

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}
