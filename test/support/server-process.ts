import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../server/main.js', import.meta.url));
const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)/;

export interface ServerProcess {
  readonly pid: number;
  readonly url: string; // http://127.0.0.1:PORT
  readonly port: number;
  /** Ends it with SIGTERM; resolves when it is gone, to its exit code. */
  stop(): Promise<number | null>;
  /** Ends it with SIGKILL, if it still runs; resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * The product's own server on a data folder, as a process of its own; on a free port when none is
 * named. The folder's models are served when it has any. With `demo`, an empty store becomes the demo.
 * `through` is a command that the server's is given to, and that becomes it.
 */
export async function startServer(
  dataDir: string, wanted?: number, demo: 'yes' | 'auto' = 'yes',
  settings: Readonly<Record<string, string>> = {}, through: readonly string[] = [],
): Promise<ServerProcess> {
  // Not port 0: uSockets leaves out SO_REUSEADDR there, and a restart could not have the port back.
  const port = wanted ?? (await freePort());
  const env = {
    ...process.env, VITRINE_DATA: dataDir, VITRINE_DEMO: demo, PORT: String(port), VITRINE_LOG: 'warn',
    ...settings,
  };
  const [command = '', ...args] = [...through, process.execPath, main];
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const taken = await addressOf(child);
  return {
    pid: child.pid as number,
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await gone) as [number | null];
      return code;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** The port that it prints. Rejects with what it said when it ends before that. */
function addressOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = ADDRESS.exec(said);
      if (found) resolve(Number(found[1]));
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}
