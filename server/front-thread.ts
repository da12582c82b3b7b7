/**
 * A front end's thread: sockets, decoding, and the models that are cheap enough to run beside them.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './core/clock.ts';
import { asServeError } from './core/errors.ts';
import { Log } from './core/log.ts';
import { sessionLimits, transportLimits } from './front-limits.ts';
import { Line } from './fronts/line.ts';
import { laneNumbers, type FrontNumbers } from './fronts/numbers.ts';
import { creditsOf, type FrontData } from './fronts/orders.ts';
import { relayHttp } from './fronts/relay-http.ts';
import { RemoteDoor } from './fronts/remote-door.ts';
import { RunPaths } from './fronts/run-paths.ts';
import { SharedModels } from './fronts/shared-models.ts';
import type { ModelTable } from './fronts/table.ts';
import { watchLoop } from './observe/process.ts';
import { RequestCounts } from './observe/request-counts.ts';
import { RequestLog, type RequestLogging } from './observe/request-log.ts';
import { RequestTracing } from './observe/request-tracing.ts';
import { Tracer } from './observe/tracer.ts';
import { addInferRoutes } from './routes/kserve.ts';
import { parseRestrictions } from './routes/restrict.ts';
import { Router } from './routes/router.ts';
import { SocketSessions } from './routes/socket.ts';
import { loadTransport } from './transport/load.ts';
import type { HttpRequest, HttpRespond } from './transport/transport.ts';
import { VERSION } from './version.ts';

if (!parentPort) throw new Error('a front end is a thread of the server');
const port = parentPort;
const { config, number, tally, levels } = workerData as FrontData;
const clock = systemClock;
const line = new Line(port);
const log = new Log('error', (text) => line.tell('log', text));
Object.assign(log.on, levels);
const { drainMsMax, bodyBytesMax } = config;

const models = new SharedModels({ line, clock, log, drainMsMax });
const counts = new RequestCounts(new Float64Array(tally), number);
const sink = { add: (...spans: readonly unknown[]): void => line.tell('spans', spans) };
const tracing = new RequestTracing(clock, config.otlpUrl === '' ? null : sink, config.otlpRate);
const restrictions = parseRestrictions(config.restrictedApi);
const requests = new RequestLog(log, config.logRequests as RequestLogging);
const router = new Router(
  log, counts.counter('http'), Number(config.shedStatus), restrictions, requests.on ? requests : null);
const tracer = new Tracer('', log); // where there is a trace file, requests are relayed to it
addInferRoutes(router, { lanes: models, details: models, clock, tracer, tracing, bodyBytesMax });
const sessions = new SocketSessions({
  lanes: models, directory: models, details: models, door: new RemoteDoor(line), clock, log,
  tracing, restrictions, requests, version: VERSION, credits: creditsOf(config),
  limits: sessionLimits(config), observe: counts.counter('websocket'),
});
const runPaths = new RunPaths(models);

/** Runs here what can be; all else is the other thread's. */
function http(request: HttpRequest, respond: HttpRespond): void {
  const here = config.traceFile === '' && request.method === 'POST' && runPaths.here(request.path);
  if (here) router.handle(request, respond);
  else relayHttp(line, request, respond);
}

const { transport } = loadTransport(config.transport, {
  http,
  open: sessions.open.bind(sessions),
  message: sessions.message.bind(sessions),
  close: sessions.close.bind(sessions),
}, transportLimits(config));
const loop = watchLoop();

function numbers(): FrontNumbers {
  return {
    requests: counts.list(),
    sockets: sessions.count,
    delay: loop.read(),
    lanes: models.own.map(({ generation, lane }) => laneNumbers(generation, lane)),
  };
}

/** uWebSockets.js ends the process where its thread ends before its app is closed. */
async function close(): Promise<void> {
  sessions.tellAll();
  await transport.close();
  loop.stop();
  setImmediate(() => {
    line.flush(); // the answer to this
    port.close();
  });
}

/** Does as the order says, then answers it. */
function obey<Body>(order: string, work: (body: Body) => unknown): void {
  line.take(order, (body: Body, answer) => {
    Promise.resolve(work(body)).then(
      (value) => answer.done(value ?? null),
      (thrown: unknown) => answer.fail(asServeError(thrown)),
    );
  });
}

obey('models', (table: ModelTable) => models.update(table));
obey('listen', (wanted: number) => transport.listen(config.host, wanted, true));
obey('numbers', numbers);
obey('drain', () => models.close());
obey('close', close);
line.hear('log levels', (on: typeof log.on) => Object.assign(log.on, on));
line.hear('stop listening', () => transport.stopListening());
