import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NodeTransport } from '../../../server/transport/node-ws.ts';
import { decodeMsgpack } from '../../../server/wire/msgpack.ts';
import { examples, page, shownBytes } from '../../support/examples.ts';
import { makeSessions } from '../../support/make-sessions.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
suite('server/wire/EXAMPLES.md', () => {
  test('the bytes of each frame are what is said of them', () => {
    assert.ok(examples.length >= 18);
    for (const { value, frame } of examples)
      assert.deepEqual(shownBytes(decodeMsgpack(frame)), value);
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

function output(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data: Buffer) => (text += data.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}
