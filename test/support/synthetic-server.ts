/**
 * A server of known slowness, in a process of its own, on WebSocket and HTTP: each request is
 * answered `SERVICE_MS` after it came; once, `PAUSE_AT_MS` after the first, all stands still for
 * `PAUSE_MS`. `node synthetic-server.js SERVICE_MS PAUSE_AT_MS PAUSE_MS`. Answers repeat the request;
 * to what holds 'busy' it answers 503, or 'overloaded'.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const [serviceMs = 0, pauseAtMs = 0, pauseMs = 0] = process.argv.slice(2).map(Number);

let pauseDueMs = pauseMs > 0 ? Infinity : NaN;
function maybePause(): void {
  const now = performance.now();
  if (pauseDueMs === Infinity) pauseDueMs = now + pauseAtMs;
  if (!(now >= pauseDueMs)) return;
  pauseDueMs = NaN;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
}

/** Timers are late by a millisecond, so the last two are waited for awake. */
function later(answer: () => void): void {
  if (serviceMs === 0) return answer();
  const dueMs = performance.now() + serviceMs;
  const spin = () => (performance.now() >= dueMs ? answer() : void setImmediate(spin));
  setTimeout(spin, Math.max(0, serviceMs - 2));
}

const http = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  maybePause();
  const body = Buffer.concat(parts);
  later(() => {
    if (body.includes('busy')) response.writeHead(503).end();
    else if (request.url === '/chunks') response.writeHead(200).end(body); // no length is told
    else if (request.url === '/close') response.writeHead(200, { connection: 'close' }).end(body);
    else response.writeHead(200, { 'content-length': body.length }).end(body);
  });
});
const sockets = new WebSocketServer({ server: http });
sockets.on('connection', (socket) => {
  socket.on('message', (data: Buffer, binary: boolean) => {
    maybePause();
    later(() => socket.send(data.includes('busy') ? `${data.toString()} overloaded` : data, { binary }));
  });
});
http.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${(http.address() as AddressInfo).port}`));
