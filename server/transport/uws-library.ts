import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What is used of uWebSockets.js. Written out here because its copies ship unlike type files. */
export interface Uws {
  App(): UwsApp;
  us_socket_local_port(listenSocket: unknown): number;
  us_listen_socket_close(listenSocket: unknown): void;
  readonly DISABLED: number;
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}
export interface UwsApp {
  any(pattern: string, handler: (res: UwsResponse, req: UwsRequest) => void): UwsApp;
  ws(pattern: string, behaviour: UwsBehaviour): UwsApp;
  listen(host: string, port: number, options: number, done: (token: unknown) => void): UwsApp;
  close(): UwsApp;
}
export interface UwsRequest {
  getHeader(lowerCaseName: string): string;
  getMethod(): string;
  getUrl(): string;
  getQuery(): string | undefined;
  forEach(run: (name: string, value: string) => void): void;
}
export interface UwsResponse {
  writeStatus(status: string): UwsResponse;
  writeHeader(name: string, value: string): UwsResponse;
  end(body: Uint8Array | string, closeConnection?: boolean): UwsResponse;
  endWithoutBody(): UwsResponse;
  cork(run: () => void): UwsResponse;
  onAborted(run: () => void): UwsResponse;
  onData(run: (chunk: ArrayBuffer, last: boolean) => void): UwsResponse;
  upgrade(
    data: object,
    key: string,
    subprotocol: string,
    extensions: string,
    context: unknown,
  ): void;
}
export interface UwsWebSocket {
  send(data: Uint8Array | string, binary: boolean, compress: boolean): number;
  getBufferedAmount(): number;
  cork(run: () => void): unknown;
  end(code: number, reason: string): void;
  getUserData(): object;
}
export interface UwsBehaviour {
  maxPayloadLength: number;
  maxBackpressure: number;
  idleTimeout: number;
  sendPingsAutomatically: boolean;
  compression: number;
  upgrade(res: UwsResponse, req: UwsRequest, context: unknown): void;
  open(ws: UwsWebSocket): void;
  message(ws: UwsWebSocket, data: ArrayBuffer, binary: boolean): void;
  close(ws: UwsWebSocket): void;
}

export interface UwsLibrary {
  readonly uws: Uws;
  readonly name: string; // `uWebSockets.js 20.30.0`
}
export interface Skipped {
  readonly name: string;
  readonly why: string; // one line
}

const require = createRequire(import.meta.url);

/**
 * The best copy of uWebSockets.js that loads here, or null, and why each better one did not. The
 * official package is published from GitHub only; a user who installs it puts it in the place of
 * the older copy, under the same name.
 */
export function findUws(): { found: UwsLibrary | null; skipped: readonly Skipped[] } {
  const skipped: Skipped[] = [];
  for (const candidate of CANDIDATES) {
    try {
      return { found: candidate.load(), skipped };
    } catch (error) {
      skipped.push({ name: candidate.name, why: reason(error) });
    }
  }
  return { found: null, skipped };
}

const CANDIDATES: readonly { name: string; load: () => UwsLibrary }[] = [
  { name: 'official uWebSockets.js', load: () => loadOfficial() },
  { name: 'uWebSockets.js-glibc238', load: () => loadNewerCopy() },
  { name: 'uWebSockets.js-unofficial', load: () => loadOlderCopy() },
];

function loadOfficial(): UwsLibrary {
  const found = installed('uWebSockets.js');
  if (found.name !== 'uWebSockets.js') throw new Error('not installed');
  return { uws: require('uWebSockets.js') as Uws, name: label(found.version) };
}

function loadNewerCopy(): UwsLibrary {
  const found = installed('uWebSockets.js-glibc238');
  return { uws: require('uWebSockets.js-glibc238') as Uws, name: label(found.version) };
}

function loadOlderCopy(): UwsLibrary {
  const found = installed('uWebSockets.js');
  if (found.name === 'uWebSockets.js') throw new Error('replaced by the official package');
  // Its own entry point turns into a slow emulation, and says so on stdout, where the binary does
  // not load: so the binary itself is loaded, or nothing.
  const { platform, arch, versions } = process;
  const binary = `uws_${platform}_${arch}_${versions.modules}.node`;
  const path = join(found.folder, 'binaries', binary);
  if (!existsSync(path)) {
    throw new Error(`has no binary for ${platform}-${arch} and Node ${versions.node}`);
  }
  return { uws: require(path) as Uws, name: label(found.version) };
}

interface Installed {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

/** The package that answers to `specifier`, found by the nearest package.json over its entry. */
function installed(specifier: string): Installed {
  let folder: string;
  try {
    folder = dirname(require.resolve(specifier));
  } catch {
    throw new Error('not installed');
  }
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return { folder, name, version };
}

function label(version: string): string {
  return `uWebSockets.js ${version.replace(/-.*/, '')}`;
}

/** The line of a loader's error that says what is missing. */
function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const glibc = /version [`']GLIBC_([\d.]+)' not found/.exec(text);
  if (glibc) return `needs glibc ${glibc[1]}, which this system lacks`;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'does not load').replace(/^Error: /, '').slice(0, 200);
}
