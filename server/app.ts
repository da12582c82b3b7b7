import { join } from 'node:path';
import { loadAddon } from './ann/binding.ts';
import { chosenRepository } from './catalog/chosen-repository.ts';
import { fingerprints } from './catalog/fingerprints.ts';
import { RepositoryPoll } from './catalog/repository-poll.ts';
import { wantsDemo } from './config.ts';
import type { Config } from './config.ts';
import { systemClock } from './core/clock.ts';
import { ServeError } from './core/errors.ts';
import type { Log } from './core/log.ts';
import { Pace } from './core/pace.ts';
import { FrontEnds } from './fronts/front-ends.ts';
import type { FrontNumbers } from './fronts/numbers.ts';
import { creditsOf } from './fronts/orders.ts';
import { sessionLimits, transportLimits } from './front-limits.ts';
import { addDemoRoutes } from './demo/routes.ts';
import { Explainer } from './explain/explainer.ts';
import { ProfileShelf } from './explain/profile.ts';
import { seedDemo } from './demo/seed.ts';
import { laneStats, observedLanes, observeLanes } from './observe-lanes.ts';
import { Metrics } from './observe/metrics.ts';
import { observeProcess } from './observe/process.ts';
import { countMetrics, RequestCounts } from './observe/request-counts.ts';
import { RequestLog, type RequestLogging } from './observe/request-log.ts';
import { RequestTracing } from './observe/request-tracing.ts';
import { observeSpans, postTo, SpanExporter } from './observe/span-exporter.ts';
import { Tracer } from './observe/tracer.ts';
import { Desk, DESK_LIMITS } from './routes/desk.ts';
import { addExperimentRoutes } from './routes/experiments.ts';
import { addExplainRoutes, EXPLAIN_LIMITS, type Explaining, findModelIn } from './routes/explain.ts';
import { addKserveRoutes } from './routes/kserve.ts';
import { parseResources } from './pool/rate-limiter.ts';
import { addModelLifeRoutes } from './routes/model-life.ts';
import { addOpsRoutes } from './routes/ops.ts';
import { parseRestrictions } from './routes/restrict.ts';
import { Router } from './routes/router.ts';
import { SocketSessions } from './routes/socket.ts';
import { addStorefrontRoutes } from './routes/storefront.ts';
import { DeskDoor } from './routes/storefront-door.ts';
import { assertPlaced } from './experiments/check-arms.ts';
import { openExperiments } from './open-experiments.ts';
import { openTexts, readTexts } from './open-texts.ts';
import { openRetrainers } from './open-retrainer.ts';
import { learnedTo, openWatch, segmentShares } from './open-watch.ts';
import { addWatchRoutes } from './routes/watch.ts';
import { ModelHost } from './serve.ts';
import { LmdbStore } from './store/lmdb-store.ts';
import { IdleWork } from './storefront/idle-work.ts';
import { Currencies } from './intake/currencies.ts';
import { ArmEncoders } from './storefront/arm-encoders.ts';
import { openShop } from './storefront/open-shop.ts';
import { PlacementsFile } from './storefront/placements/placements-file.ts';
import { PLACEMENTS_FILE } from './storefront/placements/read-placements.ts';
import { openRetriever } from './storefront/retrieval/open.ts';
import { observeIdle, observeShop } from './storefront/shop-metrics.ts';
import { loadTransport } from './transport/load.ts';
import { findPort } from './transport/port-free.ts';
import { VERSION } from './version.ts';
import { CustomerWatch } from './watch/customer-watch.ts';
import { observeSegments } from './watch/watch-metrics.ts';

const EMPTY_STORE = 'the store is empty, and so is the shop: `vitrine import --help` says how to fill it; ' +
  '`vitrine serve --demo` makes the demo shop in it; is this the folder you meant?';

/** Microseconds that storefront answers may take of a turn of the event loop. */
const STOREFRONT_TURN_US_MAX = 4000;

export interface App {
  readonly port: number;
  readonly transport: string;
  readonly host: ModelHost;
  /** Answers what is open for at most `drainMsMax`, commits, and frees port and folder. */
  close(): Promise<void>;
}

/**
 * The whole server, listening. An empty store becomes the demo store where `wantsDemo` says so.
 * Fails with a `ServeError` that says what stands in the way: a taken port, a locked store, a
 * damaged model repository.
 */
export async function openApp(config: Config, log: Log): Promise<App> {
  const free = await findPort(config.host, config.port);
  const opened: Close[] = []; // what has been opened so far, to be closed last first
  try {
    // A port that threads share cannot be left to the system to choose.
    return await openRooms(config.frontEnds > 1 ? { ...config, port: free } : config, log, opened);
  } catch (cause) {
    for (const close of opened.reverse()) await close();
    throw cause;
  }
}

type Close = () => Promise<void> | void;

/** `opened` gathers what is to be closed when a later room cannot be opened. */
async function openRooms(config: Config, log: Log, opened: Close[]): Promise<App> {
  const addon = loadAddon();
  const clock = systemClock;
  const store = LmdbStore.open(join(config.dataDir, 'store'));
  opened.push(() => store.close());
  if (store.itemCount === 0 && store.eventCount === 0) {
    if (wantsDemo(config)) await seedStore(store, log);
    else log.warn(EMPTY_STORE, { folder: config.dataDir });
  }
  const repository = chosenRepository(config);
  const { workers, runMsMax, inlineUsMax, drainMsMax, cacheBytesMax, sessionMinutesMax, timeZone } = config;
  const cacheFolder = join(config.dataDir, 'indexes');
  const texts = await openTexts(config, repository, addon);
  const retriever = openRetriever({ addon, store, repository, log, cacheFolder, texts: texts.texts });
  let fronts: FrontEnds | null = null; // once they are started
  const polled = config.modelControl === 'poll' ? await fingerprints(repository) : null;
  const host = ModelHost.start(repository, {
    workers, runMsMax, inlineUsMax, drainMsMax, cacheBytesMax, log,
    heapMiBMax: config.heapMiBMax, resources: parseResources(config.resources),
    rolloutFile: join(config.dataDir, 'rollouts.json'),
    onChanged: async (table) => fronts?.changed(table),
  });
  opened.push(() => host.close());
  const pace = new Pace(clock, setImmediate, STOREFRONT_TURN_US_MAX);
  const profiles = new ProfileShelf(repository);
  const desk = new Desk({
    clock, pace, nextTurn: setImmediate,
    limits: {
      ...DESK_LIMITS,
      waitingMax: config.storefrontQueueMax, deadlineMs: config.storefrontDeadlineMs,
    },
  });
  const explainer = new Explainer({
    inference: host, find: findModelIn(host, host),
    profile: (model, version) => profiles.of(model, version),
  });
  const explaining: Explaining = {
    explainer, clock,
    desk: new Desk({ clock, pace, nextTurn: setImmediate, limits: EXPLAIN_LIMITS }),
  };
  const metrics = new Metrics();
  const watched = openWatch(config, repository, clock, log, metrics);
  const { watch, intent, onEvent } = watched;
  opened.push(() => watch.close());
  const placementsFile = new PlacementsFile({
    path: config.placements || join(config.dataDir, PLACEMENTS_FILE), asked: config.placements !== '', clock, log,
  });
  opened.push(() => placementsFile.close());
  const { placements } = placementsFile;
  const encoders = new ArmEncoders(repository, (name, learned) => retriever.addEncoder(name, learned));
  const experiments = openExperiments(config, {
    store, retriever, placements, encoders, clock, log, metrics,
  });
  opened.push(() => experiments.close());
  placementsFile.check = (next) => assertPlaced(experiments.runs, [...next.keys()], clock.wallMs());
  const shopParts = {
    placements, placementsProblem: () => placementsFile.problem, trials: experiments, encoders,
    explainer, watch: intent, onEvent, pace, addon, store, retriever, inference: host, repository,
    clock, log,
  };
  const snapshotPath = join(config.dataDir, 'shop.snapshot');
  const showingsPath = join(config.dataDir, 'shop.showings');
  const currencies = Currencies.open(config.currency, config.ratesFile);
  const opening = openShop({
    ...shopParts, ...(currencies && { currencies }), sessionMinutesMax, timeZone, snapshotPath, showingsPath,
  });
  await Promise.allSettled([opening, host.loaded]); // neither goes on alone when the other fails
  const [shop] = await Promise.all([opening, host.loaded]);
  const reading = await readTexts(texts, config, host, clock, log);
  opened.push(() => reading?.close());
  const retrainers = await openRetrainers({
    config, host, repository, opened: watched, clock, log, metrics,
  });
  const customerWatch = watched.customers && new CustomerWatch({
    watch: watched.customers, inference: host, customers: () => shop.histories, timeZone,
    learnedTo: (version) => learnedTo(repository, version), clock, log, alerts: watched.alerts,
    shares: (version) => segmentShares(repository, version),
  });
  if (customerWatch) observeSegments(metrics, customerWatch);
  watch.onLook = () => {
    void customerWatch?.look();
    for (const retrainer of retrainers.values()) void retrainer.look();
  };
  for (const retrainer of retrainers.values()) opened.push(() => retrainer.close());
  const everyUs = config.pollSeconds * 1_000_000;
  const poll = polled && RepositoryPoll.start(repository, polled, { models: host, everyUs, clock, log });
  opened.push(() => poll?.close());
  let healthy = true;

  const tracer = new Tracer(config.traceFile, log);
  const spans = config.otlpUrl === ''
    ? null
    : new SpanExporter({ post: postTo(config.otlpUrl), clock, log, version: VERSION });
  const tracing = new RequestTracing(clock, spans, config.otlpRate);
  const restrictions = parseRestrictions(config.restrictedApi);
  const requests = new RequestLog(log, config.logRequests as RequestLogging);
  const tally = new SharedArrayBuffer(config.frontEnds * Float64Array.BYTES_PER_ELEMENT);
  const counts = new RequestCounts(new Float64Array(tally));
  const numbers = (): readonly FrontNumbers[] => fronts?.numbers ?? [];
  const refresh = async (): Promise<void> => fronts?.refresh();
  const { answers, limiter } = host;
  const lanes = { answers, limiter, report: () => observedLanes(host.report(), numbers()) };
  metrics.include(() => countMetrics([counts.list(), ...numbers().map((one) => one.requests)]));
  const router = new Router(log, counts.counter('http'), Number(config.shedStatus), restrictions,
    requests.on ? requests : null);
  addKserveRoutes(router, {
    lanes: host, inference: host, directory: host, details: host, clock, version: VERSION,
    bodyBytesMax: config.bodyBytesMax, stats: () => laneStats(lanes), refresh,
    onLogLevels: () => fronts?.logLevels(),
    tracer, tracing, log, repository: host, control: config.modelControl === 'explicit',
  });
  addModelLifeRoutes(router, host, config.modelControl === 'explicit');
  addStorefrontRoutes(router, { storefront: shop, clock, desk, tracing });
  addWatchRoutes(router, watch, retrainers, config.modelControl === 'explicit');
  const changeable = config.modelControl === 'explicit' || restrictions.has('experiments');
  addExperimentRoutes(router, experiments, changeable);
  addExplainRoutes(router, explaining, tracing);
  const page = async (): Promise<string> => (await refresh(), metrics.text());
  addOpsRoutes(router, { healthy: () => healthy, metrics: page });
  addDemoRoutes(router, { store, storefront: shop, clock, transport: () => transport.name });
  const door = new DeskDoor(shop, clock, desk, explaining);
  const sessions = new SocketSessions({
    lanes: host, directory: host, details: host, door, clock, log, tracing, restrictions, requests,
    version: VERSION, credits: creditsOf(config), limits: sessionLimits(config),
    observe: counts.counter('websocket'),
  });
  const { transport, skipped, fallback, shares } = loadTransport(config.transport, {
    http: router.handle.bind(router),
    open: sessions.open.bind(sessions),
    message: sessions.message.bind(sessions),
    close: sessions.close.bind(sessions),
  }, transportLimits(config));
  opened.push(() => transport.close());
  for (const { name, why } of skipped) log.debug('transport skipped', { name, why });
  if (fallback) {
    const why = Object.fromEntries(skipped.map((one) => [one.name, one.why]));
    log.warn('no uWebSockets.js loads here: a slower transport serves', { why });
  }

  if (config.frontEnds > 1) {
    if (!shares) throw cannotShare(config, transport.name);
    const threadFile = new URL('./front-thread.js', import.meta.url);
    fronts = new FrontEnds({
      config, log, clock, lanes: host, door, router, spans, tally, threadFile,
    });
    opened.push(() => fronts?.close());
    await fronts.start(host.table());
  }

  observeShop(metrics, shop);
  const idle = new IdleWork({
    clock, keep: () => shop.keep(),
    requests: () => counts.total,
    refine: (count) => retriever.refine(count),
    changes: () => retriever.changes,
    vectors: () => retriever.vectorCount,
  });
  observeIdle(metrics, idle);
  opened.push(() => idle.stop());
  observeLanes(metrics, lanes);
  if (spans) observeSpans(metrics, spans);
  const unobserve = observeProcess(metrics, () => numbers().map(({ delay }) => delay));
  opened.push(unobserve);
  metrics.gauge('vitrine_storefront_waiting', 'Storefront requests that wait their turn', {},
    () => desk.waiting);
  metrics.gauge('vitrine_sockets', 'Open WebSockets', {},
    () => numbers().reduce((sum, { sockets }) => sum + sockets, sessions.count));

  const port = await transport.listen(config.host, config.port, fronts !== null);
  await fronts?.listen(port);
  const close = async (): Promise<void> => {
    healthy = false;
    transport.stopListening();
    fronts?.stopListening();
    log.info('draining', { sockets: sessions.count, rows: openRows(host), msMax: drainMsMax });
    await poll?.close();
    await Promise.all([desk, explaining.desk].map((each) => each.close(drainMsMax))); // models still answer
    idle.stop();
    await Promise.all([fronts?.drain(), host.close()]);
    await fronts?.close();
    await tracer.close();
    await spans?.close();
    sessions.tellAll();
    await transport.close();
    const { eventCount } = store;
    await shop.keepAtEnd();
    placementsFile.close();
    reading?.close();
    await watch.close();
    experiments.close();
    await store.close();
    unobserve();
    log.info('closed', { requests: counts.total, events: eventCount });
  };
  return { port, transport: transport.name, host, close };
}

/** Rows of requests that have not been answered. */
function openRows(host: ModelHost): number {
  return host.report().reduce((rows, { lane }) => rows + lane.waitingRows + lane.runningRows, 0);
}

async function seedStore(store: LmdbStore, log: Log): Promise<void> {
  log.info('the store is empty: making the demo shop');
  await seedDemo(store);
  log.info('the demo shop is open', { items: store.itemCount, events: store.eventCount });
}

function cannotShare({ frontEnds, transport }: Config, name: string): ServeError {
  const why = `${name} (VITRINE_TRANSPORT=${transport}) on ${process.platform} has one thread a port`;
  return new ServeError('unsupported', `VITRINE_FRONT_ENDS=${frontEnds}: ${why}`);
}
