import { ServeError } from './core/errors.ts';

interface NumberSetting {
  readonly env: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly why: string;
}
interface TextSetting {
  readonly env: string;
  readonly value: string;
  readonly oneOf?: readonly string[];
  readonly why: string;
}
type Setting = NumberSetting | TextSetting;

/** Everything the server can be told. The README's table is printed from here. */
export const SETTINGS = {
  host: {
    env: 'VITRINE_HOST', value: '127.0.0.1',
    why: 'address to listen on; 0.0.0.0 is every one',
  },
  port: { env: 'PORT', value: 8080, min: 0, max: 65_535, why: '0 takes any free port' },
  dataDir: {
    env: 'VITRINE_DATA', value: '.vitrine',
    why: 'folder of the store, and of what `vitrine train` made',
  },
  demo: {
    env: 'VITRINE_DEMO', value: 'auto', oneOf: ['auto', 'yes', 'no'],
    why: 'makes the demo shop in an empty store; auto does so in the default folder alone',
  },
  modelDir: {
    env: 'VITRINE_MODELS', value: '',
    why: 'model repository; empty is DATA/models where it is, else the shipped one',
  },
  textEncoder: {
    env: 'VITRINE_TEXT_ENCODER', value: '',
    why: 'a model of the repository that reads the items\' texts; empty is character n-grams',
  },
  placements: {
    env: 'VITRINE_PLACEMENTS', value: '',
    why: 'the shop\'s rules by placement; empty is DATA/placements.json where it is',
  },
  modelControl: {
    env: 'VITRINE_MODEL_CONTROL', value: 'none', oneOf: ['none', 'poll', 'explicit'],
    why: 'explicit lets clients load and unload models over `/v2/repository`; poll follows the folder',
  },
  pollSeconds: {
    env: 'VITRINE_POLL_SECONDS', value: 15, min: 1, max: 86_400,
    why: 'between two looks at the model repository, where it is polled',
  },
  traceFile: {
    env: 'VITRINE_TRACE_FILE', value: '',
    why: 'where `/v2/trace/setting` lets traces be written; empty is nowhere',
  },
  resources: {
    env: 'VITRINE_RESOURCES', value: '',
    why: 'what models with a `rate_limiter` share, as `R1:10,R2:4`; else the most that one run needs',
  },
  cacheBytesMax: {
    env: 'VITRINE_CACHE_BYTES_MAX', value: 67_108_864, min: 0, max: 17_179_869_184,
    why: 'answers kept for models with a `response_cache`, all together',
  },
  watchSeconds: {
    env: 'VITRINE_WATCH_SECONDS', value: 60, min: 1, max: 86_400,
    why: 'between two looks at drift, calibration and anomalies of what the models are asked',
  },
  alertUrl: {
    env: 'VITRINE_ALERT_URL', value: '',
    why: 'webhook that alerts are sent to, as JSON; empty is nowhere: the log and `/metrics` have them',
  },
  retrainHours: {
    env: 'VITRINE_RETRAIN_HOURS', value: 0, min: 0, max: 8760,
    why: 'between two trainings of each model (purchase intent, customers) in the background; 0 is never on schedule',
  },
  retrainOnDrift: {
    env: 'VITRINE_RETRAIN_ON_DRIFT', value: 'no', oneOf: ['no', 'yes'],
    why: 'trains in the background when an alert says that the model no longer fits, once a day at most',
  },
  otlpUrl: {
    env: 'VITRINE_OTLP_URL', value: '',
    why: 'OpenTelemetry collector that spans are sent to (OTLP/HTTP, JSON); empty is nowhere',
  },
  otlpRate: {
    env: 'VITRINE_OTLP_RATE', value: 1000, min: 1, max: 1_000_000,
    why: 'one request in so many begins a trace; those that bring one go by its `traceparent`',
  },
  experiments: {
    env: 'VITRINE_EXPERIMENTS', value: '',
    why: 'file of the shop\'s experiments; empty is DATA/experiments.json',
  },
  restrictedApi: {
    env: 'VITRINE_RESTRICTED_API', value: '',
    why: 'groups of endpoints that want a header, as `GROUP,GROUP:header=value;GROUP:header=value`',
  },
  transport: {
    env: 'VITRINE_TRANSPORT', value: 'auto', oneOf: ['auto', 'uws', 'node'],
    why: 'auto prefers uWebSockets.js and says what it took',
  },
  logLevel: {
    env: 'VITRINE_LOG', value: 'info', oneOf: ['debug', 'info', 'warn', 'error'],
    why: 'least level that is written to stderr',
  },
  logRequests: {
    env: 'VITRINE_LOG_REQUESTS', value: 'none', oneOf: ['none', 'failed', 'all'],
    why: 'a line at level info for each request, with its id and trace; WebSocket infer is decoded then',
  },
  frontEnds: {
    env: 'VITRINE_FRONT_ENDS', value: 1, min: 1, max: 64,
    why: 'threads with sockets, on one port; each runs cheap models itself; uWebSockets.js on Linux',
  },
  workers: {
    env: 'VITRINE_WORKERS', value: 0, min: 0, max: 256,
    why: 'pool threads; 0 is one less than the cores, at least 1',
  },
  heapMiBMax: {
    env: 'VITRINE_WORKER_HEAP_MIB_MAX', value: 0, min: 0, max: 65_536,
    why: 'of one pool thread; one that needs more is replaced; 0 is Node\'s own limit',
  },
  bodyBytesMax: {
    env: 'VITRINE_BODY_BYTES_MAX', value: 4_194_304, min: 1024, max: 1_073_741_824,
    why: 'an HTTP body or a WebSocket message; four MiB is 1,024 rows of 1,024 floats',
  },
  bufferedBytesMax: {
    env: 'VITRINE_BUFFERED_BYTES_MAX', value: 8_388_608, min: 65_536, max: 1_073_741_824,
    why: 'waiting for one slow reader before its socket is closed',
  },
  socketRequestsMax: {
    env: 'VITRINE_SOCKET_REQUESTS_MAX', value: 256, min: 1, max: 65_536,
    why: 'unanswered requests of one socket; more are answered `overloaded`',
  },
  storefrontQueueMax: {
    env: 'VITRINE_STOREFRONT_QUEUE_MAX', value: 1024, min: 1, max: 1_048_576,
    why: 'storefront requests of all callers that wait their turn; more are answered `overloaded`',
  },
  storefrontDeadlineMs: {
    env: 'VITRINE_STOREFRONT_DEADLINE_MS', value: 1000, min: 1, max: 600_000,
    why: 'for storefront requests without `deadline_ms`; a longer expected wait is `overloaded`',
  },
  shedStatus: {
    env: 'VITRINE_SHED_STATUS', value: '503', oneOf: ['503', '429'],
    why: 'HTTP status of what is refused for load: `overloaded` and `deadline`',
  },
  idleSecondsMax: {
    env: 'VITRINE_IDLE_SECONDS_MAX', value: 120, min: 8, max: 900,
    why: 'a silent WebSocket is pinged, then closed',
  },
  runMsMax: {
    env: 'VITRINE_RUN_MS_MAX', value: 10_000, min: 100, max: 600_000,
    why: 'a run that takes longer has hung: its worker is replaced',
  },
  inlineUsMax: {
    env: 'VITRINE_INLINE_US_MAX', value: 200, min: 0, max: 10_000,
    why: 'a model whose full batch is cheaper runs on the front end: the hop costs more',
  },
  drainMsMax: {
    env: 'VITRINE_DRAIN_MS_MAX', value: 5000, min: 0, max: 600_000,
    why: 'for open requests at SIGTERM',
  },
  sessionMinutesMax: {
    env: 'VITRINE_SESSION_MINUTES_MAX', value: 30, min: 1, max: 1440,
    why: 'silence that ends a session, as GA4 and Google Retail cut it',
  },
  timeZone: {
    env: 'VITRINE_TIME_ZONE', value: 'UTC',
    why: 'the shop\'s, as `Europe/Berlin`: of events and customers that name none; days and hours are counted in it',
  },
  currency: {
    env: 'VITRINE_CURRENCY', value: '',
    why: 'the shop\'s, as `EUR`: prices in another are converted, or left out; empty takes prices as they are',
  },
  ratesFile: {
    env: 'VITRINE_RATES', value: '',
    why: 'CSV of date, currency, rate: what one of it is worth in the shop\'s from that day on, 31 days at most',
  },
} as const satisfies Record<string, Setting>;

type Widened<T> = T extends number ? number : string;
export type Config = {
  readonly [Name in keyof typeof SETTINGS]: Widened<(typeof SETTINGS)[Name]['value']>;
};

/**
 * Settings from the environment. An unset or empty variable takes its default. Fails with
 * `bad_argument` naming the variable, what it holds and what it may hold.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const config: Record<string, string | number> = {};
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const text = environment[setting.env] ?? '';
    config[name] = text === '' ? setting.value : parse(setting, text);
  }
  return config as Config;
}

/** Whether an empty store is to become the demo shop: never one that was named, unless asked. */
export function wantsDemo({ demo, dataDir }: Pick<Config, 'demo' | 'dataDir'>): boolean {
  return demo === 'yes' || (demo === 'auto' && dataDir === SETTINGS.dataDir.value);
}

function parse(setting: Setting, text: string): string | number {
  if (typeof setting.value === 'string') {
    const { oneOf } = setting as TextSetting;
    if (!oneOf || oneOf.includes(text)) return text;
    throw new ServeError('bad_argument', `${setting.env}='${text}' is none of ${oneOf.join(', ')}`);
  }
  const { min, max } = setting as NumberSetting;
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  const must = `an integer in ${min}..${max}`;
  throw new ServeError('bad_argument', `${setting.env}='${text}' is not ${must}`);
}

/** The settings as the README's Markdown table. */
export function settingsTable(): string {
  const rows = Object.values<Setting>(SETTINGS).map((setting) => {
    const range =
      'min' in setting ? `${setting.min}..${setting.max}` : (setting.oneOf?.join(', ') ?? 'text');
    const value = setting.value === '' ? 'empty' : `\`${setting.value}\``;
    return `| \`${setting.env}\` | ${value} | ${range} | ${setting.why} |`;
  });
  return ['| variable | default | may be | why |', '|---|---|---|---|', ...rows].join('\n');
}
