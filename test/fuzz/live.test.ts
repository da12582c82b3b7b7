import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Log } from '../../server/core/log.ts';
import { Prng } from '../../server/core/prng.ts';
import { addKserveRoutes } from '../../server/routes/kserve.ts';
import { Router } from '../../server/routes/router.ts';
import { addStorefrontRoutes } from '../../server/routes/storefront.ts';
import { loadTransport } from '../../server/transport/load.ts';
import type { Handler } from '../../server/transport/transport.ts';
import { decodeMsgpack, encodeMsgpack } from '../../server/wire/msgpack.ts';
import { JSON_REQUESTS, KSERVE_BODIES, REQUESTS } from '../support/corpus.ts';
import { kservePartsOf } from '../support/kserve-parts.ts';
import { makeSessions } from '../support/make-sessions.ts';
import { mutated } from '../support/mutate.ts';
import { RawConnection, requestText } from '../support/raw-http.ts';
import { SocketClient } from '../support/socket-client.ts';

const FRAMES = Math.ceil(Number(process.env.VITRINE_FUZZ_FRAMES ?? 100_000) / 50);

for (const setting of ['auto', 'node']) {
  suite(`a live server (transport ${setting}), given ${FRAMES} mutated frames`, () => {
    test(
      'answers, refuses or closes, and then answers a good request',
      { timeout: 120_000 },
      async () => {
        const { sessions, lanes, storefront, clock } = makeSessions();
        const router = new Router(new Log('error', () => {}));
        addKserveRoutes(router, kservePartsOf(lanes, clock));
        addStorefrontRoutes(router, { storefront, clock });
        const handler: Handler = {
          http: (request, respond) => router.handle(request, respond),
          open: (socket) => sessions.open(socket),
          message: (socket, data, binary) => sessions.message(socket, data, binary),
          close: (socket) => sessions.close(socket),
        };
        const limits = {
          bodyBytesMax: 100_000,
          messageBytesMax: 100_000,
          bufferedBytesMax: 1_000_000,
          idleSecondsMax: 60,
        };
        const { transport } = loadTransport(setting, handler, limits);
        const port = await transport.listen('127.0.0.1', 0);
        const prng = new Prng(3);

        await fuzzSockets(prng, port);
        await fuzzHttp(prng, port);

        const client = await SocketClient.open(port, ['vitrine.v1.msgpack']);
        client.send(encodeMsgpack({ id: 1, op: 'ping' }));
        assert.deepEqual(decodeMsgpack((await client.next()).data), { id: 1, pong: true });
        await client.close();
        const reply = await fetch(`http://127.0.0.1:${port}/v2/models/sum/infer`, {
          method: 'POST',
          body: JSON.stringify(KSERVE_BODIES[0]),
        });
        assert.equal(
          ((await reply.json()) as { outputs: { data: number[] }[] }).outputs[0]!.data[0],
          10,
        );
        assert.equal(lanes.lanes[0]!.freeSlots, 64);
        assert.equal(sessions.count, 0);
        await transport.close();
      },
    );
  });
}

/** Mutated frames over sockets that come and go, some without a goodbye; a ping ends a burst. */
async function fuzzSockets(prng: Prng, port: number): Promise<void> {
  const binary = REQUESTS.map((value) => Uint8Array.from(encodeMsgpack(value)));
  const text = JSON_REQUESTS.map((value) => Buffer.from(JSON.stringify(value)));
  for (let sent = 0; sent < FRAMES;) {
    const asText = prng.below(3) === 0;
    const client = await SocketClient.open(port, [
      asText ? 'vitrine.v1.json' : 'vitrine.v1.msgpack',
    ]);
    for (let burst = 0; burst < 60; burst += 1, sent += 1) {
      const frame = mutated(prng, asText ? text : binary);
      const wrongKind = prng.below(50) === 0;
      client.send(asText === wrongKind ? frame : Buffer.from(frame).toString());
    }
    if (prng.below(3) === 0) {
      client.vanish();
      await client.closed;
      continue;
    }
    const ping = { id: 'last', op: 'ping' };
    client.send(asText ? JSON.stringify(ping) : encodeMsgpack(ping));
    for (let last = false; !last;) last = (await client.next()).data.includes('last');
    await client.close();
  }
}

/** Mutated bodies, and mutated requests as a whole. */
async function fuzzHttp(prng: Prng, port: number): Promise<void> {
  const bodies = [...KSERVE_BODIES, ...JSON_REQUESTS].map((value) =>
    Buffer.from(JSON.stringify(value)),
  );
  const paths = [
    '/v2/models/sum/infer',
    '/v1/events',
    '/v1/recommend',
    '/v1/similar',
    '/v1/insight',
  ];
  for (let sent = 0; sent < FRAMES / 10; sent += 1) {
    const body = mutated(prng, bodies);
    const reply = await fetch(`http://127.0.0.1:${port}${prng.pick(paths)}`, {
      method: 'POST',
      body: Buffer.from(body),
    });
    const text = await reply.text();
    assert.ok([200, 400, 404, 501].includes(reply.status), `${reply.status} ${text}`);
    JSON.parse(text);
  }
  const requests = paths.map((path) =>
    Buffer.from(requestText('POST', path, { Connection: 'close' }, '{"session":"s"}')),
  );
  for (let sent = 0; sent < FRAMES / 20; sent += 1) {
    const raw = await RawConnection.open(port);
    raw.socket.end(mutated(prng, requests));
    raw.socket.setTimeout(50, () => raw.destroy());
    await raw.ended();
  }
}
