import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../server/core/clock.ts';
import { type LoadReport, runLoad } from '../load.ts';
import { ROOT } from '../machine.ts';
import { CORES, type ServerProcess, startServer } from '../process.ts';
import { eventFile, visitorEvents } from './requests.ts';
import type { BenchShop } from './shop.ts';

const START_MS_MAX = 1_200_000; // ten million events are played, or a graph is built, at the first start
const POST_EVENTS = 500;

/** An open loop, and what happens in the shop meanwhile. */
export interface Drive {
  readonly requests: Buffer; // in the generator's format
  readonly rate: number; // of them a second
  readonly eventRate: number;
  readonly warm: number; // seconds
  readonly seconds: number;
  readonly connections: number;
}

export interface Driven {
  readonly report: LoadReport;
  readonly events: LoadReport | null;
  readonly cpuUs: number; // of the server, all its threads, a request
}

/** A shop's server under load, free to use both cores; the generators have to make do with the second. */
export class ServedShop {
  #runs = 0;

  private constructor(
    readonly server: ServerProcess,
    private readonly shop: BenchShop,
    private readonly folder: string,
  ) {}

  static async start(
    shop: BenchShop, environment: Readonly<Record<string, string>> = {},
  ): Promise<ServedShop> {
    const anywhere = null;
    const server = await startServer([join(ROOT, 'dist/server/main.js')], {
      PORT: '0', VITRINE_HOST: '127.0.0.1', VITRINE_DATA: shop.folder, VITRINE_DEMO: 'no',
      VITRINE_WORKERS: '1', VITRINE_LOG: 'error', VITRINE_SOCKET_REQUESTS_MAX: '65536',
      ...environment,
    }, anywhere, START_MS_MAX);
    const served = new ServedShop(server, shop, mkdtempSync(join(tmpdir(), 'vitrine-bench-')));
    await served.enter();
    return served;
  }

  /** The visitors come in: once more where they have been silent for long. */
  async enter(): Promise<void> {
    const nowMs = systemClock.wallMs();
    const events = visitorEvents(this.shop, nowMs, nowMs.toString(36));
    for (let at = 0; at < events.length; at += POST_EVENTS) {
      const part = events.slice(at, at + POST_EVENTS);
      await this.post('events', { events: part.map(({ atMs, ...event }) => ({ ...event, at_ms: atMs })) });
    }
  }

  async post(what: string, body: object): Promise<Record<string, unknown>> {
    const url = `http://127.0.0.1:${this.server.port}/v1/${what}`;
    const reply = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(`${what}: ${reply.status} ${await reply.text()}`);
    return await reply.json() as Record<string, unknown>;
  }

  /** Requests leave on a schedule of their own, and count from when they were due. */
  async drive({ requests, rate, eventRate, warm, seconds, connections }: Drive): Promise<Driven> {
    const run = (this.#runs += 1);
    const path = join(this.folder, `requests-${run}`);
    writeFileSync(path, requests);
    const plan = {
      port: this.server.port, transport: 'ws', wire: 'msgpack', path: '/ws',
      subprotocol: 'vitrine.v1.msgpack', loop: 'open', arrivals: 'poisson', warm, seconds,
      'check-every': 1_000_000, 'spin-us': 0, lists: 16, seed: run,
    } as const;
    const cpuUs = this.server.cpuUs();
    const [report, events] = await Promise.all([
      runLoad({ ...plan, requests: path, rate, connections }, CORES.load),
      eventRate === 0 ? null : runLoad({
        ...plan, requests: this.#events(run, eventRate * (warm + seconds + 1)), rate: eventRate, connections: 4,
      }, CORES.load),
    ]);
    rmSync(path);
    return { report, events, cpuUs: (this.server.cpuUs() - cpuUs) / report.replies_total };
  }

  /** Views, none of which the server has heard of. */
  #events(run: number, count: number): string {
    const path = join(this.folder, `events-${run}`);
    const seed = run * 65_536 + (systemClock.wallMs() % 65_536);
    writeFileSync(path, eventFile(this.shop, Math.ceil(count * 1.2) + 100, seed));
    return path;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What failed, was shed or came never, of a run, in words; null where all were answered in time to tell. */
export function trouble({ report, events }: Driven): string | null {
  const bad = (one: LoadReport): number => one.failures + one.sheds + one.unanswered + one.broken;
  const parts = [
    ...(bad(report) > 0 ? [`${bad(report)} of ${report.sent_total} requests were not answered`] : []),
    ...(events && bad(events) > 0 ? [`${bad(events)} events were not taken`] : []),
    ...(report.late ? ['the generator itself was late'] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : null;
}
