import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Socket } from '../../server/transport/transport.ts';
import { RawConnection, requestText } from '../support/raw-http.ts';
import { SocketClient } from '../support/socket-client.ts';
import { LIMITS, transportContract } from '../support/transport-contract.ts';

transportContract('WebSockets', ({ start, idleSecondsMax }) => {
  test('the subprotocol is the best that both sides know, or none', async () => {
    const { script, port } = await start();
    const cases: [string[], string][] = [
      [['vitrine.v1.json', 'vitrine.v1.msgpack'], 'vitrine.v1.msgpack'],
      [['other', 'vitrine.v1.json'], 'vitrine.v1.json'],
      [[], ''],
    ];
    for (const [offered, chosen] of cases) {
      const client = await SocketClient.open(port, offered);
      assert.equal(client.ws.protocol, chosen);
      assert.equal(script.opened.at(-1)?.subprotocol ?? '', chosen);
      await client.close();
    }
    const ids = script.opened.map((socket) => socket.id);
    assert.ok(ids.every((id, i) => i === 0 || id > (ids[i - 1] as number)));
  });

  test('WebSockets open on /ws alone; elsewhere the upgrade is answered 404', async () => {
    const { script, port } = await start();
    let calls = 0;
    script.onHttp = () => (calls += 1);
    const raw = await RawConnection.open(port);
    raw.write(
      requestText('GET', '/other', {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      }),
    );

    assert.match(await raw.until((text) => text.includes('}')), /^HTTP\/1.1 404 /);
    assert.equal(calls, 0);
    raw.destroy();
  });

  test('a request for /ws that asks for no upgrade, or with a bad key, is told what is wrong', async () => {
    const { port } = await start();
    const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
    for (const [headers, status, told] of [
      [{}, 426, /"\/?[^"]*\/ws takes WebSockets: ask for an upgrade"/],
      [{ ...upgrade, 'Sec-WebSocket-Key': 'short' }, 400, /sec-websocket-key must be 16 bytes/],
    ] as [Record<string, string>, number, RegExp][]) {
      const raw = await RawConnection.open(port);
      raw.write(requestText('GET', '/ws', headers));
      const text = await raw.until((all) => all.endsWith('}'));

      assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(text, told);
      assert.equal(/^upgrade: websocket\r$/im.test(text), status === 426);
      raw.destroy();
    }
  });

  test('binary and text messages arrive whole and go back as they came', async () => {
    const { script, port } = await start();
    script.onMessage = (socket, data, binary) => {
      socket.send(binary ? data : Buffer.from(data).toString('utf8'));
    };
    const client = await SocketClient.open(port);
    for (const bytes of [0, 1, 125, 126, 65_535, 65_536, 100_000]) {
      const data = Buffer.alloc(bytes, 7);
      client.send(data);
      assert.deepEqual(await client.next(), { data, binary: true });
    }
    client.send('grüße');
    assert.deepEqual(await client.next(), { data: Buffer.from('grüße'), binary: false });
    await client.close();
  });

  test('bytes given to send may be reused at once', async () => {
    const { script, port } = await start();
    script.onMessage = (socket) => {
      const scratch = new Uint8Array(1000);
      socket.cork(() => {
        for (let i = 1; i <= 20; i += 1) socket.send(scratch.fill(i));
      });
      scratch.fill(99);
    };
    const client = await SocketClient.open(port);
    client.send('go');

    for (let i = 1; i <= 20; i += 1)
      assert.deepEqual((await client.next()).data, Buffer.alloc(1000, i));
    await client.close();
  });

  test('an oversized message closes the socket with 1009', async () => {
    const { script, port } = await start();
    let calls = 0;
    script.onMessage = () => (calls += 1);
    for (const bytes of [100_001, 150_000]) {
      const client = await SocketClient.open(port);
      client.send(Buffer.alloc(bytes));
      assert.equal(await client.closed, 1009);
    }
    assert.equal(calls, 0);
    assert.equal(script.closed.length, 2);
  });

  for (const corked of [false, true]) {
    const how = corked ? 'corked' : 'one by one';
    test(`a slow reader, sent to ${how}, costs bounded memory, then a 1013`, async () => {
      const { script, port } = await start();
      const message = Buffer.alloc(50_000);
      let sent = 0;
      let bufferedMax = 0;
      const filled = new Promise<void>((resolve) => {
        script.onMessage = (socket) => {
          const sendSome = () => {
            for (let i = 0; i < 10; i += 1) {
              message.writeUInt32BE(sent);
              if (socket.send(message)) sent += 1;
              bufferedMax = Math.max(bufferedMax, socket.bufferedBytes);
            }
          };
          // Kernel buffers take the first megabytes, so this goes on until `send` says no.
          const pour = () => {
            if (corked) socket.cork(sendSome);
            else sendSome();
            if (socket.open) setImmediate(pour);
            else resolve();
          };
          setImmediate(pour);
        };
      });
      const client = await SocketClient.open(port);
      client.ws.pause();
      client.send('pour');
      await filled;

      const { length } = message;
      assert.ok(bufferedMax <= LIMITS.bufferedBytesMax + 2 * length, `${bufferedMax} bytes waited`);
      client.ws.resume();
      assert.equal(await client.closed, 1013);
      for (let i = 0; i < sent; i += 1) assert.equal((await client.next()).data.readUInt32BE(), i);
    });
  }

  test('a socket ended between sends delivers what came before, and tells once', async () => {
    const { script, port } = await start();
    const after: boolean[] = [];
    let inEnd = false;
    script.onClose = () => assert.equal(inEnd, false, 'close came from inside end');
    script.onMessage = (socket) => {
      socket.send('before');
      inEnd = true;
      socket.end(4000, 'enough');
      socket.end(4001, 'twice');
      after.push(socket.open, socket.send('after'));
      socket.cork(() => after.push(socket.send('corked')));
      inEnd = false;
    };
    const client = await SocketClient.open(port);
    client.send('go');

    assert.equal(await client.closed, 4000);
    assert.equal((await client.next()).data.toString(), 'before');
    assert.equal(client.unread, 0);
    assert.deepEqual(after.slice(0, 2), [false, false]);
    assert.equal(script.closed.length, 1);
  });

  test('a client that vanishes is told of once, and sends to it do nothing', async () => {
    const { script, port } = await start();
    const client = await SocketClient.open(port);
    const gone = new Promise<Socket>((resolve) => (script.onClose = resolve));
    client.vanish();
    const socket = await gone;

    assert.equal(socket.open, false);
    assert.equal(socket.send('hello?'), false);
    assert.equal(socket.bufferedBytes, 0);
    assert.equal(script.closed.length, 1);
  });

  test('a silent socket that answers pings stays; one that does not is closed', async () => {
    const { port } = await start({ idleSecondsMax });
    const deaf = await SocketClient.open(port, [], { autoPong: false });
    const alive = await SocketClient.open(port);
    const pinged = new Promise<void>((resolve) => deaf.ws.once('ping', () => resolve()));
    const pingedAlive = new Promise<void>((resolve) => alive.ws.once('ping', () => resolve()));
    await Promise.all([pinged, pingedAlive]);

    assert.equal(await deaf.closed, 1006);
    assert.equal(alive.ws.readyState, alive.ws.OPEN);
    await alive.close();
  });

  test('a corked burst arrives whole and in order', async () => {
    const { script, port } = await start();
    script.onMessage = (socket) => {
      setImmediate(() =>
        socket.cork(() => {
          for (let i = 0; i < 100; i += 1) socket.send(String(i));
        }),
      );
    };
    const client = await SocketClient.open(port);
    client.send('go');

    for (let i = 0; i < 100; i += 1) assert.equal((await client.next()).data.toString(), String(i));
    await client.close();
  });
});
