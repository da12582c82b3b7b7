/** What is compared: servers that run already, or builds that are started with settings of their own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LoadProblem } from '../lab/problem.ts';
import { ROOT } from '../machine.ts';
import { startServer } from '../process.ts';

export type SideSpec =
  | { readonly kind: 'url'; readonly name: string; readonly url: string }
  | {
    readonly kind: 'build'; readonly name: string;
    /** A folder, or what git knows a commit by. */
    readonly place: string;
    readonly environment: Readonly<Record<string, string>>;
  };

export interface SideServer {
  readonly url: string;
  /** Microseconds of CPU so far; NaN where only its metrics may say. */
  cpuUs(): number;
  stop(): Promise<void>;
}

/** `URL`, or `PLACE[,NAME=VALUE…]`, where a PLACE that is left out is this checkout. */
export function parseSide(word: string): SideSpec {
  if (/^(wss?|https?):\/\//i.test(word)) return { kind: 'url', name: word, url: word };
  const parts = word.split(',');
  const place = (parts[0] ?? '').includes('=') ? '.' : parts.shift() ?? '';
  if (place === '') throw new LoadProblem(`'${word}' is no side: a URL, a folder, a commit, or NAME=VALUE,…`);
  const environment = Object.fromEntries(parts.map((part) => {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(part) ?? [];
    if (name === undefined || value === undefined) throw new LoadProblem(`'${part}' of '${word}' is no NAME=VALUE`);
    return [name, value];
  }));
  return { kind: 'build', name: word, place, environment };
}

/** Where the build of a side lies, made ready to start. Throws `LoadProblem` where it cannot be. */
export function prepareBuild(place: string, say: (text: string) => void): string {
  if (place === '.') return ROOT;
  const folder = existsSync(join(place, 'server/setup.mjs')) ? resolve(place) : checkoutOf(place, say);
  if (folder === resolve(ROOT)) return ROOT;
  say(`building ${place} in ${folder} …`);
  const built = spawnSync(process.execPath, ['server/setup.mjs'], { cwd: folder, encoding: 'utf8' });
  if (built.status !== 0) throw new LoadProblem(`${place} does not build:\n${built.stdout}${built.stderr}`);
  return folder;
}

/**
 * The commit's files, with links to the packages that are installed here, and a copy of what is built
 * of the addon: what is the same there is not made again, what differs is.
 */
function checkoutOf(ref: string, say: (text: string) => void): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
  let hash: string;
  try {
    hash = git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`).trim();
  } catch {
    throw new LoadProblem(`'${ref}' is no folder with a checkout, and no commit that git knows`);
  }
  const folder = join(ROOT, 'build/bench/compare', hash.slice(0, 12));
  if (existsSync(join(folder, 'server/setup.mjs'))) return folder;
  say(`taking ${ref} (${hash.slice(0, 12)}) out of git …`);
  mkdirSync(folder, { recursive: true });
  const pack = execFileSync('git', ['archive', hash], { cwd: ROOT, maxBuffer: 2 ** 30 });
  const unpacked = spawnSync('tar', ['-x', '-C', folder], { input: pack });
  if (unpacked.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new LoadProblem(`${ref} could not be unpacked: ${unpacked.stderr}`);
  }
  spawnSync('cp', ['-al', join(ROOT, 'node_modules'), folder]); // where it fails, its set-up installs them
  mkdirSync(join(folder, 'build'), { recursive: true });
  for (const part of ['objects', 'vitrine.node', 'vitrine.node.sha256']) {
    spawnSync('cp', ['-a', join(ROOT, 'build', part), join(folder, 'build')]);
  }
  return folder;
}

export interface StartOptions {
  readonly model: string | undefined;
  readonly core: number | null;
}

/** A process of its own with an empty store; resolves once the model answers. */
export async function startBuild(
  folder: string, environment: Readonly<Record<string, string>>, { model, core }: StartOptions,
): Promise<SideServer> {
  const data = mkdtempSync(join(tmpdir(), 'vitrine-compare-'));
  const server = await startServer([join(folder, 'dist/server/main.js')], {
    PORT: '0', VITRINE_HOST: '127.0.0.1', VITRINE_DATA: data, VITRINE_DEMO: 'no', ...environment,
  }, core);
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await untilReady(`http://127.0.0.1:${server.port}${model === undefined ? '/v2/health/ready'
      : `/v2/models/${encodeURIComponent(model)}/ready`}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${server.port}`, cpuUs: () => server.cpuUs(), stop };
}

async function untilReady(url: string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if ((await fetch(url).catch(() => null))?.ok) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new LoadProblem(`${url} did not become ready within 20 s`);
}
