import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { after, suite, test } from 'node:test';
import { NodeTransport } from '../../server/transport/node-ws.ts';
import type {
  Handler, HttpRequest, HttpRespond, Socket, Transport, TransportLimits,
} from '../../server/transport/transport.ts';
import { UwsTransport } from '../../server/transport/uws.ts';
import { findUws } from '../../server/transport/uws-library.ts';
import { RawConnection, requestText } from '../support/raw-http.ts';
import { SocketClient } from '../support/socket-client.ts';

const LIMITS: TransportLimits = {
  bodyBytesMax: 100_000,
  messageBytesMax: 100_000,
  bufferedBytesMax: 200_000,
  idleSecondsMax: 8,
};
type Make = (handler: Handler, limits: TransportLimits) => Transport;

const uws = findUws();
transportContract('node:http', 0.2, (handler, limits) => new NodeTransport(handler, limits));
if (uws.found) {
  const library = uws.found;
  transportContract('uws', 8, (handler, limits) => new UwsTransport(library, handler, limits));
} else {
  const reasons = uws.skipped.map(({ name, why }) => `${name}: ${why}`).join('; ');
  test('uWebSockets.js keeps the transport contract', { skip: `none loads here: ${reasons}` }, () => {});
}

/** A handler that a test fills in; what it does not, is noted and answered 200. */
class Script implements Handler {
  opened: Socket[] = [];
  closed: Socket[] = [];
  onHttp: (request: HttpRequest, respond: HttpRespond) => void = (_, respond) => respond(200, {}, 'ok');
  onMessage: (socket: Socket, data: Uint8Array, binary: boolean) => void = () => {};
  onClose: (socket: Socket) => void = () => {};

  http(request: HttpRequest, respond: HttpRespond): void {
    this.onHttp(request, respond);
  }
  open(socket: Socket): void {
    this.opened.push(socket);
  }
  message(socket: Socket, data: Uint8Array, binary: boolean): void {
    this.onMessage(socket, data, binary);
  }
  close(socket: Socket): void {
    this.closed.push(socket);
    this.onClose(socket);
  }
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function transportContract(name: string, idleSecondsMax: number, make: Make): void {
  suite(`transport contract: ${name}`, { concurrency: 4, timeout: 60_000 }, () => {
    const running: Transport[] = [];
    async function start(limits: Partial<TransportLimits> = {}, wanted = 0) {
      const script = new Script();
      const transport = make(script, { ...LIMITS, ...limits });
      running.push(transport);
      const port = await transport.listen('127.0.0.1', wanted);
      return { script, transport, port, url: `http://127.0.0.1:${port}` };
    }
    after(() => Promise.all(running.map((transport) => transport.close())));

    test('a request arrives with method, path, query and headers, and its answer goes back', async () => {
      const { script, url } = await start();
      const seen: unknown[] = [];
      script.onHttp = (request, respond) => {
        const { method, path, query, body } = request;
        seen.push(method, path, query, request.header('x-one'), request.header('x-none'), body.byteLength);
        respond(418, { 'x-two': 'deux', 'content-type': 'text/plain' }, 'short and stout');
      };

      const reply = await fetch(`${url}/a%20b/c?d=e&f`, { headers: { 'X-One': 'un' } });

      assert.deepEqual(seen, ['GET', '/a%20b/c', 'd=e&f', 'un', '', 0]);
      assert.equal(reply.status, 418);
      assert.equal(reply.headers.get('x-two'), 'deux');
      assert.equal(reply.headers.get('content-length'), '15');
      assert.equal(await reply.text(), 'short and stout');
    });

    test('bodies of every size up to the limit arrive whole, announced or chunked', async () => {
      const { script, url } = await start();
      script.onHttp = (request, respond) => setImmediate(() => respond(200, {}, request.body));
      for (const bytes of [0, 1, 1000, 65_536, 100_000]) {
        const body = Buffer.alloc(bytes, 'abcdefg');

        const announced = await fetch(url, { method: 'POST', body });
        assert.deepEqual(Buffer.from(await announced.arrayBuffer()), body);

        const chunks = ReadableStream.from([body.subarray(0, bytes >> 1), body.subarray(bytes >> 1)].filter((c) => c.length > 0));
        const chunked = await fetch(url, { method: 'POST', body: chunks, duplex: 'half' } as RequestInit);
        assert.deepEqual(Buffer.from(await chunked.arrayBuffer()), body);
      }
    });

    test('an oversized body is answered 413 without reaching the handler, and the connection lives on', async () => {
      const { script, port } = await start();
      const paths: string[] = [];
      script.onHttp = (request, respond) => {
        paths.push(request.path);
        respond(200, {}, 'fine');
      };
      for (const headers of [{ 'Content-Length': '150000' }, { 'Transfer-Encoding': 'chunked' }] as Record<string, string>[]) {
        const raw = await RawConnection.open(port);
        raw.write(requestText('POST', '/large', headers));
        const body = 'x'.repeat(150_000);
        raw.write('Content-Length' in headers ? body : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
        const refused = await raw.until((text) => text.includes('100000'));
        assert.match(refused, /^HTTP\/1.1 413 /);
        assert.match(refused, /"code":"too_large"/);

        raw.write(requestText('GET', '/next'));
        assert.match(await raw.until((text) => text.includes('fine')), /fine$/);
        raw.destroy();
      }
      assert.deepEqual(paths, ['/next', '/next']);
    });

    test('a body far over the limit is answered 413 at once and the connection is cut', async () => {
      const { port } = await start();
      const raw = await RawConnection.open(port);
      raw.write(requestText('POST', '/', { 'Content-Length': '900000000' }) + 'x'.repeat(100));

      assert.match(await raw.ended(), /^HTTP\/1.1 413 /);
    });

    test('one connection serves one request after another, and pipelined ones in order', async () => {
      const { script, port } = await start();
      script.onHttp = (request, respond) => respond(200, {}, `<${request.path}>`);
      const raw = await RawConnection.open(port);
      raw.write(requestText('GET', '/1'));
      await raw.until((text) => text.includes('</1>'));
      raw.write(requestText('POST', '/2', {}, 'body') + requestText('GET', '/3') + requestText('POST', '/4', {}, 'body'));

      const text = await raw.until((all) => all.includes('</4>'));

      assert.deepEqual(text.match(/<\/\d>/g), ['</1>', '</2>', '</3>', '</4>']);
      raw.destroy();
    });

    test('requests pipelined behind an unanswered one are never answered out of order', async () => {
      const { script, port } = await start();
      script.onHttp = (request, respond) => {
        if (request.path === '/slow') setImmediate(() => setImmediate(() => respond(200, {}, '<slow>')));
        else respond(200, {}, '<fast>');
      };
      const raw = await RawConnection.open(port);
      raw.write(requestText('GET', '/slow') + requestText('GET', '/fast'));

      // uWebSockets.js cuts such a connection; node:http answers both.
      const text = await raw.until((all) => all.includes('<fast>'));

      assert.ok(['', '<slow>,<fast>'].includes(String(text.match(/<\w+>/g) ?? '')), text);
      raw.destroy();
    });

    test('HEAD is answered with the length and no body', async () => {
      const { port } = await start();
      const raw = await RawConnection.open(port);
      raw.write(requestText('HEAD', '/') + requestText('GET', '/'));

      const text = await raw.until((all) => all.endsWith('ok'));

      assert.equal(text.match(/content-length: 2/gi)?.length, 2);
      assert.equal(text.match(/\r\n\r\nok/g)?.length, 1);
      raw.destroy();
    });

    test('a client that leaves aborts its request, and a late answer does nothing', async () => {
      const { script, port, url } = await start();
      const late = new Promise<{ request: HttpRequest; respond: HttpRespond }>((resolve) => {
        script.onHttp = (request, respond) => {
          request.onAbort(() => resolve({ request, respond }));
          raw.destroy();
        };
      });
      const raw = await RawConnection.open(port);
      raw.write(requestText('POST', '/', {}, 'body'));
      const { request, respond } = await late;

      assert.equal(request.aborted, true);
      respond(200, {}, 'nobody is there');
      script.onHttp = (_, answer) => answer(200, {}, 'others are served');
      assert.equal(await (await fetch(url)).text(), 'others are served');
    });

    test('a client that leaves in the middle of its body never reaches the handler', async () => {
      const { script, port, url } = await start();
      let calls = 0;
      script.onHttp = (_, respond) => {
        calls += 1;
        respond(200, {}, '');
      };
      const raw = await RawConnection.open(port);
      raw.write(requestText('POST', '/', { 'Content-Length': '1000' }) + 'half');
      raw.destroy();

      await fetch(url);
      assert.equal(calls, 1);
    });

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
      raw.write(requestText('GET', '/other', {
        Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      }));

      assert.match(await raw.until((text) => text.includes('}')), /^HTTP\/1.1 404 /);
      assert.equal(calls, 0);
      raw.destroy();
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

      for (let i = 1; i <= 20; i += 1) assert.deepEqual((await client.next()).data, Buffer.alloc(1000, i));
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

    test('a slow reader costs bounded memory, is closed with 1013 and misses no message in between', async () => {
      const { script, port } = await start();
      const message = Buffer.alloc(50_000);
      let sent = 0;
      let bufferedMax = 0;
      const filled = new Promise<void>((resolve) => {
        script.onMessage = (socket) => {
          // Kernel buffers take the first megabytes, so this goes on until `send` says no.
          const pour = () => {
            for (let i = 0; i < 10; i += 1) {
              message.writeUInt32BE(sent);
              const went = socket.send(message);
              bufferedMax = Math.max(bufferedMax, socket.bufferedBytes);
              if (!went) return resolve();
              sent += 1;
            }
            setImmediate(pour);
          };
          pour();
        };
      });
      const client = await SocketClient.open(port);
      client.ws.pause();
      client.send('pour');
      await filled;

      assert.equal(script.opened[0]?.open, false);
      assert.ok(bufferedMax <= LIMITS.bufferedBytesMax + 2 * message.length, `${bufferedMax} bytes waited`);
      client.ws.resume();
      assert.equal(await client.closed, 1013);
      for (let i = 0; i < sent; i += 1) assert.equal((await client.next()).data.readUInt32BE(), i);
    });

    test('a socket ended in the middle of sends delivers what came before, and tells once', async () => {
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

    test('stopListening refuses newcomers and keeps who is there; close frees the port', async () => {
      const { script, transport, port } = await start({}, await freePort());
      script.onMessage = (socket, data) => socket.send(data);
      const client = await SocketClient.open(port);
      const raw = await RawConnection.open(port);
      raw.write(requestText('GET', '/'));
      await raw.until((text) => text.endsWith('ok'));

      transport.stopListening();
      await assert.rejects(RawConnection.open(port));
      client.send('still here');
      assert.equal((await client.next()).data.toString(), 'still here');
      raw.write(requestText('GET', '/'));
      assert.equal((await raw.until((text) => text.split('HTTP/1.1 200').length === 3)).split('HTTP/1.1 200').length, 3);

      await transport.close();
      assert.equal(await client.closed, 1001);
      await raw.ended();
      assert.equal(script.closed.length, 1);
      const successor = make(new Script(), LIMITS);
      assert.equal(await successor.listen('127.0.0.1', port), port);
      await successor.close();
    });

    test('a port that is taken is refused with a message', async () => {
      const { port } = await start();
      const second = make(new Script(), LIMITS);

      await assert.rejects(second.listen('127.0.0.1', port), { code: 'bad_argument', message: /cannot be listened on/ });
      await second.close();
    });

    test('a corked burst arrives whole and in order', async () => {
      const { script, port } = await start();
      script.onMessage = (socket) => {
        setImmediate(() => socket.cork(() => {
          for (let i = 0; i < 100; i += 1) socket.send(String(i));
        }));
      };
      const client = await SocketClient.open(port);
      client.send('go');

      for (let i = 0; i < 100; i += 1) assert.equal((await client.next()).data.toString(), String(i));
      await client.close();
    });
  });
}
