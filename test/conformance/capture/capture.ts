/**
 * Keeps the bytes that a client sends to the vectors' models, and those it is answered:
 *
 *     node dist/test/conformance/capture/capture.js OUT.jsonl python3 tritonclient_calls.py
 *
 * The address is added to the command, which prints a line for each request that it has made.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { type Captured, openCapturedServer } from './captured.ts';
import { Messages } from './messages.ts';

const [out = '', command = '', ...args] = process.argv.slice(2);
const server = await openCapturedServer();
const exchanges: { request: Buffer; answer: Buffer }[] = [];

/** Between client and server; a connection carries one request at a time. */
function tap(client: Socket): void {
  const upstream = connect(server.port, '127.0.0.1');
  const [asked, answered] = [new Messages(), new Messages()];
  const requests: Buffer[] = [];
  client.on('data', (bytes) => {
    requests.push(...asked.add(bytes));
    upstream.write(bytes);
  });
  upstream.on('data', (bytes) => {
    for (const answer of answered.add(bytes)) {
      exchanges.push({ request: requests.shift() as Buffer, answer });
    }
    client.write(bytes);
  });
  for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.end());
  }
}

const proxy = createServer(tap).listen(0, '127.0.0.1', () => {
  const { port } = proxy.address() as AddressInfo;
  const child = spawn(command, [...args, `127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (data) => (text += String(data)));
  child.on('close', (code) => {
    const titles = text.trim().split('\n');
    if (titles.length !== exchanges.length) {
      console.error(`${titles.length} calls made ${exchanges.length} requests`);
    }
    const lines = exchanges.map(({ request, answer }, at): Captured => ({
      title: titles[at] ?? '',
      request: request.toString('base64'),
      answer: answer.toString('base64'),
    }));
    writeFileSync(out, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    console.log(`${lines.length} exchanges in ${out}; the client ended with ${code}`);
    process.exit(code ?? 1);
  });
});
