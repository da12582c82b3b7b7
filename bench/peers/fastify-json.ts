/**
 * The same over HTTP: fastify, JSON, one onnxruntime-node run a request.
 * `node fastify-json.js MODEL.onnx`; POST /predict takes `{id, inputs: [number]}`, answers
 * `{id, data: [number]}`.
 */
import fastify from 'fastify';
import { openModel } from './model.ts';

const model = await openModel(process.argv[2] ?? '');
const server = fastify();

server.post<{ Body: { id: number; inputs: number[] } }>('/predict', async ({ body }) => {
  return { id: body.id, data: await model.answer(body.inputs) };
});
console.log(`listening on ${await server.listen({ host: '127.0.0.1', port: 0 })}`);
