// A process that loads one part (argv[2]) and writes what it found to descriptor 3, as JSON. It may
// die of it: that is what it is for. Each part is imported only when it is asked for.
import { mkdtempSync, existsSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '../catalog/model-config.ts';
import type { Facts, ModelFact } from './probe.ts';

const ANSWER = 3; // file descriptor

const PARTS: { readonly [Part in keyof Facts]: (...args: [string, string]) => Promise<Facts[Part]> } = {
  async transport() {
    const { findUws } = await import('../transport/uws-library.ts');
    const { found, skipped } = findUws();
    return { name: found?.name ?? null, skipped };
  },

  async addon() {
    const { loadAddon } = await import('../ann/binding.ts');
    const addon = loadAddon();
    return { abi: addon.abi, isas: addon.isas() };
  },

  async onnxruntime() {
    const { onnxVersion, onnxProviders } = await import('../runtime/onnx.ts');
    return { version: onnxVersion(), providers: onnxProviders() };
  },

  async tfjs() {
    const { tfjsVersion, tfjsBackends } = await import('../runtime/tfjs.ts');
    return { version: tfjsVersion(), backends: await tfjsBackends() };
  },

  async lmdb() {
    const { LmdbStore } = await import('../store/lmdb-store.ts');
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-doctor-'));
    try {
      const store = LmdbStore.open(join(folder, 'store'));
      await store.putNote('doctor', 'was here');
      await store.close();
      return {};
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },

  async models(repository) {
    const { modelNames } = await import('../catalog/repository.ts');
    return Promise.all((await modelNames(repository)).map((name) => lookAt(repository, name)));
  },

  async texts(repository, name) {
    const { openTextModel, TextEncoder } = await import('../storefront/text/text-encoder.ts');
    const { modelAlone } = await import('../storefront/text/model-alone.ts');
    const model = await openTextModel(repository, name);
    const { version, length } = model;
    const inference = await modelAlone(repository, name, version);
    const encoder = new TextEncoder(inference, model);
    const begun = performance.now();
    const [vector] = await encoder.encode(Array.from({ length: 32 }, (_, i) => `a lamp of ${i} candles`));
    if (!vector) throw new Error('its vectors are nothing, or no numbers');
    const milliseconds = Math.round(performance.now() - begun);
    return { version, numbers: vector.length, tokens: length, milliseconds };
  },
};

const [part, arg = '', more = ''] = process.argv.slice(2) as [keyof Facts, string?, string?];
const probed = await PARTS[part](arg, more).then(
  (facts) => ({ facts }),
  (error: Error) => ({ why: error.message.split('\n')[0] ?? '' }),
);
writeSync(ANSWER, JSON.stringify(probed));
process.exit(0);

async function lookAt(repository: string, name: string): Promise<ModelFact> {
  const { readModel } = await import('../catalog/repository.ts');
  const { MODEL_FILES } = await import('../runtime/open-runtime.ts');
  let platform = '';
  try {
    const { config, folder, served } = await readModel(repository, name, describe);
    platform = config.platform;
    const file = MODEL_FILES[config.platform as Platform]; // ensembles have none
    const files = file ? served.map((version) => join(folder, String(version), file)) : [];
    const lost = files.find((file) => !existsSync(file));
    return { name, platform, versions: served, why: lost ? `${lost} is missing` : '' };
  } catch (error) {
    return { name, platform, versions: [], why: (error as Error).message.split('\n')[0] ?? '' };
  }
}

async function describe(folder: string) {
  return new (await import('../runtime/onnx.ts')).OnnxRuntime().describe(folder);
}
