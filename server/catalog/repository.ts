import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServeError } from '../core/errors.ts';
import { completeConfig, type FoundTensors, leavesTensors } from './complete.ts';
import type { ModelConfig, VersionPolicy } from './model-config.ts';
import { parseConfig, parseJson } from './parse-config.ts';

/** A model as it lies on disk. */
export interface ModelFolder {
  readonly name: string;
  readonly folder: string;
  readonly config: ModelConfig;
  /** Every numbered folder, and those of them that the policy serves. Oldest first. */
  readonly versions: readonly number[];
  readonly served: readonly number[];
  /** `card.json`; null where there is none. */
  readonly card: Readonly<Record<string, unknown>> | null;
  /** Class names by output, from `label_filename`: line i names class i. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

/**
 * Names of the models in a repository folder, sorted: every folder with a `config.json`. Folders
 * without one hold other artifacts and are left alone. Fails with `bad_argument` when the
 * repository cannot be read.
 */
export async function modelNames(repository: string): Promise<string[]> {
  const names = await folderNames(repository);
  const configured = await Promise.all(names.map((name) => hasConfig(repository, name)));
  return names.filter((_, at) => configured[at]);
}

/**
 * Names of the folders without a `config.json` that hold one of the `modelFiles` all the same,
 * in themselves or in a version: somebody means them to be served.
 */
export async function unconfigured(
  repository: string, modelFiles: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const name of await folderNames(repository)) {
    if (await hasConfig(repository, name)) continue;
    const folder = join(repository, name);
    const versions = await numberedFolders(folder).catch(() => []); // a link to a file, say
    const paths = ['', ...versions.map(String)].flatMap((version) =>
      modelFiles.map((file) => join(folder, version, file)));
    if ((await Promise.all(paths.map(isFile))).includes(true)) found.push(name);
  }
  return found;
}

function hasConfig(repository: string, name: string): Promise<boolean> {
  return isFile(join(repository, name, 'config.json'));
}

async function folderNames(repository: string): Promise<string[]> {
  const entries = await readdir(repository, { withFileTypes: true }).catch((cause: Error) => {
    const detail = `model repository ${repository}: ${cause.message}`;
    throw new ServeError('bad_argument', detail, { cause });
  });
  const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink());
  return folders.map(({ name }) => name).sort();
}

/**
 * Reads one model's folder. `describe` looks into an ONNX file for what the config leaves out.
 * `override` stands in for `config.json`. Fails with `bad_argument` naming the file and what is
 * wrong in it.
 */
export async function readModel(
  repository: string, name: string, describe?: (folder: string) => Promise<FoundTensors>,
  override?: unknown,
): Promise<ModelFolder> {
  const folder = join(repository, name);
  const file = override === undefined ? join(folder, 'config.json') : 'the given config';
  let json = override ?? parseJson(await readText(file), file);
  const found = await numberedFolders(folder);
  // it has no file to keep there
  const versions = found.length === 0 && isEnsemble(json) ? [1] : found;
  if (versions.length === 0) {
    throw new ServeError('bad_argument', `${folder}: there is no version folder such as 1/`);
  }
  if (describe && leavesTensors(json)) {
    json = completeConfig(json, await describe(join(folder, String(versions.at(-1)))));
  }
  const config = parseConfig(json, name, file);
  const served = servedVersions(versions, config.version_policy);
  if (served.length === 0) {
    const policy = JSON.stringify(config.version_policy);
    throw new ServeError('bad_argument',
      `${file}: version_policy ${policy} serves none of the versions ${versions.join(', ')}`);
  }
  for (const [label, version] of Object.entries(config.version_labels)) {
    if (served.includes(version)) continue;
    throw new ServeError('bad_argument',
      `${file}: version_labels.${label} is ${version}, which is not served (${served.join(', ')})`);
  }
  for (const side of ['stable', 'candidate'] as const) {
    const version = config.rollout?.[side];
    if (version === undefined || served.includes(version)) continue;
    throw new ServeError('bad_argument',
      `${file}: rollout.${side} is ${version}, which is not served (${served.join(', ')})`);
  }
  return {
    name, folder, config, versions, served,
    card: await readCard(join(folder, 'card.json')),
    labels: await readLabels(folder, config),
  };
}

function isEnsemble(json: unknown): boolean {
  return typeof json === 'object' && json !== null &&
    (json as { platform?: unknown }).platform === 'ensemble';
}

/** The versions that a policy serves, oldest first. */
export function servedVersions(versions: readonly number[], policy: VersionPolicy): number[] {
  const sorted = [...versions].sort((a, b) => a - b);
  if ('all' in policy) return sorted;
  if ('latest' in policy) return sorted.slice(-policy.latest.num_versions);
  return sorted.filter((version) => policy.specific.versions.includes(version));
}

async function numberedFolders(folder: string): Promise<number[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((e) => e.isDirectory() || e.isSymbolicLink()).map((e) => e.name);
  return names.filter((name) => /^[1-9]\d{0,14}$/.test(name)).map(Number).sort((a, b) => a - b);
}

async function readCard(file: string): Promise<Readonly<Record<string, unknown>> | null> {
  if (!(await isFile(file))) return null;
  try {
    const card: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof card === 'object' && card !== null && !Array.isArray(card)) {
      return card as Record<string, unknown>;
    }
    throw new Error('a model card is an object');
  } catch (cause) {
    throw new ServeError('bad_argument', `${file}: ${(cause as Error).message}`, { cause });
  }
}

async function readLabels(
  folder: string, config: ModelConfig,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const labels = new Map<string, readonly string[]>();
  for (const { name, label_filename } of config.output) {
    if (label_filename === undefined) continue;
    const text = await readText(join(folder, label_filename));
    labels.set(name, text.replace(/\r?\n$/, '').split(/\r?\n/));
  }
  return labels;
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw new ServeError('bad_argument', `${file}: ${cause.message}`, { cause });
  });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isFile(), () => false);
}
