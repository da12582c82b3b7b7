/**
 * What HTTP costs before anything is done with it: uWebSockets.js reads a body to its end and sends
 * one of the size of an answer. `node uws-bare.js BYTES HEAD_BYTES`; any path.
 */
import { findUws } from '../../server/transport/uws-library.ts';

const { found } = findUws();
if (!found) throw new Error('no uWebSockets.js loads here');
const { uws } = found;
const reply = new Uint8Array(Number(process.argv[2])).fill(0x20);
const head = String(process.argv[3]);

uws.App()
  .any('/*', (res) => {
    res.onAborted(() => {});
    res.onData((_, last) => {
      if (!last) return;
      res.cork(() => {
        res.writeStatus('200 OK');
        res.writeHeader('content-type', 'application/octet-stream');
        res.writeHeader('inference-header-content-length', head);
        res.end(reply);
      });
    });
  })
  .listen('127.0.0.1', 0, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (token) => {
    console.log(`listening on 127.0.0.1:${uws.us_socket_local_port(token)}`);
  });
