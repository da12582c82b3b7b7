/**
 * The peer that a team would write in an afternoon: `ws`, JSON, one onnxruntime-node run a request.
 * `node ws-json.js MODEL.onnx`; takes `{id, inputs: [number]}` on /ws, answers `{id, data: [number]}`.
 */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { openModel } from './model.ts';

const model = await openModel(process.argv[2] ?? '');
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/ws' });

server.on('connection', (socket) => {
  socket.on('message', async (text: Buffer) => {
    const { id, inputs } = JSON.parse(text.toString()) as { id: number; inputs: number[] };
    socket.send(JSON.stringify({ id, data: await model.answer(inputs) }));
  });
});
server.on('listening', () => {
  console.log(`listening on ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`);
});
