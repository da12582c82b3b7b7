import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpRequest, HttpRespond } from '../../server/transport/transport.ts';
import { RawConnection, requestText } from '../support/raw-http.ts';
import { SocketClient } from '../support/socket-client.ts';
import { freePort, LIMITS, Script, transportContract } from '../support/transport-contract.ts';

transportContract('HTTP and ports', ({ make, start }) => {
  test('a request arrives with method, path, query and headers; its answer goes back', async () => {
    const { script, url } = await start();
    const seen: unknown[] = [];
    script.onHttp = (request, respond) => {
      const { method, path, query, body } = request;
      seen.push(
        method,
        path,
        query,
        request.header('x-one'),
        request.header('x-none'),
        body.byteLength,
      );
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

      const chunks = ReadableStream.from(
        [body.subarray(0, bytes >> 1), body.subarray(bytes >> 1)].filter((c) => c.length > 0),
      );
      const chunked = await fetch(url, {
        method: 'POST',
        body: chunks,
        duplex: 'half',
      } as RequestInit);
      assert.deepEqual(Buffer.from(await chunked.arrayBuffer()), body);
    }
  });

  test('an oversized body is answered 413, and its connection lives on', async () => {
    const { script, port } = await start();
    const paths: string[] = [];
    script.onHttp = (request, respond) => {
      paths.push(request.path);
      respond(200, {}, 'fine');
    };
    for (const headers of [
      { 'Content-Length': '150000' },
      { 'Transfer-Encoding': 'chunked' },
    ] as Record<string, string>[]) {
      const raw = await RawConnection.open(port);
      raw.write(requestText('POST', '/large', headers));
      const body = 'x'.repeat(150_000);
      raw.write(
        'Content-Length' in headers ? body : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      );
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

  test('a length far over the limit is answered 413 before any of the body has come', async () => {
    const { port } = await start();
    const raw = await RawConnection.open(port);
    raw.write(requestText('POST', '/', { 'Content-Length': '900000000' }));

    assert.match(await raw.ended(), /^HTTP\/1.1 413 /);
  });

  test('one connection serves one request after another, and pipelined ones in order', async () => {
    const { script, port } = await start();
    script.onHttp = (request, respond) => respond(200, {}, `<${request.path}>`);
    const raw = await RawConnection.open(port);
    raw.write(requestText('GET', '/1'));
    await raw.until((text) => text.includes('</1>'));
    raw.write(
      requestText('POST', '/2', {}, 'body') +
        requestText('GET', '/3') +
        requestText('POST', '/4', {}, 'body'),
    );

    const text = await raw.until((all) => all.includes('</4>'));

    assert.deepEqual(text.match(/<\/\d>/g), ['</1>', '</2>', '</3>', '</4>']);
    raw.destroy();
  });

  test('requests pipelined behind an unanswered one are never answered out of order', async () => {
    const { script, port } = await start();
    script.onHttp = (request, respond) => {
      if (request.path === '/slow')
        setImmediate(() => setImmediate(() => respond(200, {}, '<slow>')));
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

  test('an answer of 304 or 204 says nothing of a length, and the connection lives on', async () => {
    const { script, port } = await start();
    script.onHttp = ({ path }, respond) =>
      respond(Number(path.slice(1)), { etag: '"x"' }, path === '/200' ? 'fine' : '');
    const raw = await RawConnection.open(port);
    for (const path of ['/304', '/204']) raw.write(requestText('GET', path));
    raw.write(requestText('HEAD', '/304') + requestText('GET', '/200'));

    const text = await raw.until((all) => all.endsWith('fine'));

    assert.deepEqual(text.match(/HTTP\/1.1 \d+/g), [
      'HTTP/1.1 304', 'HTTP/1.1 204', 'HTTP/1.1 304', 'HTTP/1.1 200',
    ]);
    assert.deepEqual(text.match(/content-length: \d+/gi)?.map((one) => one.toLowerCase()), [
      'content-length: 4',
    ]);
    assert.doesNotMatch(text, /transfer-encoding/i);
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
    assert.equal(
      (await raw.until((text) => text.split('HTTP/1.1 200').length === 3)).split('HTTP/1.1 200')
        .length,
      3,
    );

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

    await assert.rejects(second.listen('127.0.0.1', port), {
      code: 'bad_argument',
      message: /cannot be listened on/,
    });
    await second.close();
  });
});
