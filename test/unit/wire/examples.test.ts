import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NodeTransport } from '../../../server/transport/node-ws.ts';
import { decodeMsgpack } from '../../../server/wire/msgpack.ts';
import { makeSessions } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const page = readFileSync(join(ROOT, 'server/wire/EXAMPLES.md'), 'utf8');

interface Example {
  readonly kind: string; // request, reply or push
  readonly value: unknown;
  readonly frame: Buffer;
}
const examples: Example[] = [
  ...page.matchAll(/```json (\w+)\n([^`]*)```\n```hex\n([^`]*)```/g),
].map(([, kind, json, hex]) => ({
  kind: kind as string,
  value: JSON.parse(json as string),
  frame: Buffer.from((hex as string).replace(/\s/g, ''), 'hex'),
}));

suite('server/wire/EXAMPLES.md', () => {
  test('the bytes of each frame are what is said of them', () => {
    assert.ok(examples.length >= 18);
    for (const { value, frame } of examples)
      assert.deepEqual(shownBytes(decodeMsgpack(frame)), value);
  });

  test('each request is answered as the page says', async () => {
    const { sessions, storefront } = makeSessions();
    const socket = new ServerSocket();
    sessions.open(socket);
    for (const { kind, value, frame } of examples) {
      if (kind === 'request') {
        assert.deepEqual(socket.read(), [], 'all that came is on the page');
        sessions.message(socket, frame, true);
        await settled();
        continue;
      }
      if (kind === 'push') {
        storefront.push('s-1', 1);
        await settled();
      }
      assert.deepEqual(shownBytes(decodeMsgpack(socket.sent.shift() as Buffer)), value);
    }
  });

  test('the JavaScript client of the page prints 10', async () => {
    const { sessions } = makeSessions();
    const transport = new NodeTransport(
      {
        http: (_, respond) => respond(404, {}, ''),
        open: (socket) => sessions.open(socket),
        message: (socket, data, binary) => sessions.message(socket, data, binary),
        close: (socket) => sessions.close(socket),
      },
      { bodyBytesMax: 1e6, messageBytesMax: 1e6, bufferedBytesMax: 1e6, idleSecondsMax: 60 },
    );
    const port = await transport.listen('127.0.0.1', 0);
    const [, script] = /```js\n([^`]*)```/.exec(page) as RegExpExecArray;
    // Another msgpack library than the page's stands in: it is not one of ours, and they agree.
    const stand = "import { pack as encode, unpack as decode } from 'msgpackr';";
    const runnable = (script as string)
      .replace(/import .*@msgpack.*\n/, `${stand}\n`)
      .replace(':8080', `:${port}`);
    const folder = join(ROOT, 'dist/examples'); // below the checkout, so that packages are found
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'client.mjs'), runnable);

    assert.equal(await output(process.execPath, [join(folder, 'client.mjs')]), '10\n');
    await transport.close();
  });
});

/** A decoded frame with its bytes written as the page writes them. */
function shownBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return `<${Buffer.from(value).toString('hex')}>`;
  if (Array.isArray(value)) return value.map(shownBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shownBytes(one)]));
}

function output(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data: Buffer) => (text += data.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}
