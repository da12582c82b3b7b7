/**
 * The same with Express: JSON, one onnxruntime-node run a request.
 * `node express-json.js MODEL.onnx`; POST /predict takes `{id, inputs: [number]}`, answers
 * `{id, data: [number]}`. Express is no dependency of ours: `web.ts` has installed it.
 */
import type { AddressInfo, Server } from 'node:net';
import { openModel } from './model.ts';
import { webPeer } from './web.ts';

interface Asked {
  readonly body: { readonly id: number; readonly inputs: readonly number[] };
}
interface Answering {
  json(body: object): void;
}
interface Express {
  (): {
    use(handler: unknown): void;
    post(path: string, handle: (asked: Asked, answering: Answering) => Promise<void>): void;
    listen(port: number, host: string, ready: () => void): Server;
  };
  json(): unknown;
}

const express = webPeer('express') as Express;
const model = await openModel(process.argv[2] ?? '');
const app = express();

app.use(express.json());
app.post('/predict', async ({ body }, answering) => {
  answering.json({ id: body.id, data: await model.answer(body.inputs) });
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
