import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { putInPlace, writeWhole } from '../../server/core/whole-file.ts';

/** What `card.json` says of a model: where it comes from and how good it is. */
export interface ModelCard {
  readonly name: string;
  readonly what: string; // one sentence
  readonly trainedOn: string; // one sentence; the product shows it beside the model's answers
  readonly madeAt: string; // ISO time
  readonly seed: number;
  readonly trainSeconds: number;
  /** Share of the newest sessions that the model has not learned from. */
  readonly held_out_share: number;
  readonly data: Readonly<Record<string, number | string>>;
  readonly split: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly baselines: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly features?: readonly string[];
  /** Of features that are categories: their names, whose places from 0 on are what the input takes. */
  readonly categories?: Readonly<Record<string, readonly string[]>>;
  readonly notes?: readonly string[];
}

/** The part of `config.json` that the recipes write; Triton's names. */
export interface WrittenConfig {
  readonly platform: 'onnxruntime_onnx' | 'tensorflow_tfjs' | 'plain';
  readonly max_batch_size: number;
  readonly input: readonly WrittenTensor[];
  readonly output: readonly WrittenTensor[];
  readonly parameters?: Readonly<Record<string, string>>;
}
interface WrittenTensor {
  readonly name: string;
  readonly data_type: 'TYPE_FP32' | 'TYPE_INT32';
  readonly dims: readonly number[];
}

export interface NewModel {
  readonly name: string;
  readonly config?: WrittenConfig; // absent: vectors only, nothing to run
  readonly card: ModelCard;
  readonly files: Readonly<Record<string, string | Uint8Array>>; // of the version folder
  /** A model that was written before: this one is about its newest version, and has its number. */
  readonly versionOf?: string;
}

/**
 * Adds a version to a model of a repository and returns its number, one more than the newest, or that
 * of the model's `versionOf`. Every
 * file is whole before it is seen: the version folder and the two files above it are written under
 * other names and renamed, the folder first. A process that dies midway leaves the model as it was.
 * `asCandidate` leaves config and card of a model that is there: who serves it says when this version is.
 */
export function writeModel(repository: string, model: NewModel, asCandidate = false): number {
  const folder = join(repository, model.name);
  mkdirSync(folder, { recursive: true });
  removeParts(folder);
  const version = model.versionOf === undefined
    ? 1 + Math.max(0, ...versionsIn(folder))
    : Math.max(1, ...versionsIn(join(repository, model.versionOf)));
  const part = join(folder, `.part-${version}`);
  mkdirSync(part);
  for (const [name, data] of Object.entries(model.files)) writeFileSync(join(part, name), data);
  const card = `${JSON.stringify(model.card, null, 2)}\n`;
  writeFileSync(join(part, 'card.json'), card); // stays with its version when a newer one comes
  putInPlace(part, join(folder, String(version)));
  if (asCandidate && existsSync(join(folder, 'card.json'))) return version;
  writeWhole(join(folder, 'card.json'), card);
  if (model.config) {
    const config = { name: model.name, ...model.config };
    writeWhole(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  }
  return version;
}

/** Copies a model of one repository into another that has none of that name. */
export function copyModel(from: string, to: string, name: string): void {
  if (existsSync(join(to, name)) || !existsSync(join(from, name))) return;
  mkdirSync(to, { recursive: true });
  const part = join(to, `.part-${name}`);
  rmSync(part, { recursive: true, force: true });
  cpSync(join(from, name), part, { recursive: true });
  putInPlace(part, join(to, name));
}

function versionsIn(folder: string): number[] {
  return readdirSync(folder).filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
}

/** What an interrupted run left. */
function removeParts(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith('.part-')) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
