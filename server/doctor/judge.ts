/**
 * From facts to findings: pure, a function a part. What the server cannot do without is `broken`
 * when it is not there; what only costs speed, or one model, is `missing`.
 */
import type { Finding } from './finding.ts';
import type { Gpu, Machine } from './machine.ts';
import type { Facts, ModelFact, Probed } from './probe.ts';

const REINSTALL = 'delete node_modules, then npm run build';

/** `problem` is what set-up says of this version, or empty. */
export function judgeNode({ nodeVersion }: Machine, problem: string): Finding {
  if (problem === '') return { part: 'node', state: 'ok', what: nodeVersion };
  const fix = 'install Node 20, 22 or 24 from https://nodejs.org';
  return { part: 'node', state: 'broken', what: nodeVersion, why: 'not supported', fix };
}

export function judgePlatform({ platform, glibc, cores, gigabytes }: Machine): Finding {
  const what = `${platform}, ${glibc ? `glibc ${glibc}, ` : ''}${cores} cores, ${gigabytes} GiB`;
  if (!platform.startsWith('linux') || glibc !== '') return { part: 'platform', state: 'ok', what };
  const why = 'no glibc, which the binaries of several packages are built for';
  return { part: 'platform', state: 'missing', what, why, fix: 'use Debian 12, Ubuntu 24.04 or newer' };
}

/** `lost` is null when npm has not finished an install. */
export function judgePackages(lost: readonly string[] | null): Finding {
  const part = 'packages';
  const fix = 'npm run build';
  if (lost === null) {
    return { part, state: 'broken', what: 'not installed', why: 'npm ci has not come to its end', fix };
  }
  if (lost.length === 0) return { part, state: 'ok', what: 'all of package-lock.json' };
  return { part, state: 'broken', what: `${lost.length} are gone`, why: lost.slice(0, 3).join(', '), fix };
}

/** `setting` is `VITRINE_TRANSPORT`. */
export function judgeTransport(setting: string, { facts, why }: Probed<Facts['transport']>): Finding {
  const part = 'transport';
  const fallback = 'ws on node:http';
  if (setting === 'node') return { part, state: 'ok', what: `${fallback}, as VITRINE_TRANSPORT says` };
  const reasons = (facts?.skipped ?? []).map((one) => `${one.name} ${one.why}`).join(', ');
  if (facts?.name != null) {
    return { part, state: 'ok', what: `${facts.name}, HTTP/1.1 alone${reasons && ` (not better: ${reasons})`}` };
  }
  return {
    part,
    state: setting === 'uws' ? 'broken' : 'missing',
    what: setting === 'uws' ? 'no uWebSockets.js' : `${fallback}, which is slower than uWebSockets.js`,
    why: why ?? reasons,
    fix: 'Node 20 has a copy for any glibc; for Node 22 and 24 it takes glibc 2.38 (Debian 13, Ubuntu 24.04)',
  };
}

export function judgeAddon({ facts, why }: Probed<Facts['addon']>): Finding {
  const part = 'native addon';
  if (facts) {
    return { part, state: 'ok', what: `ABI ${facts.abi}, instruction sets ${facts.isas.join(' ')}` };
  }
  if (why.includes('npm run build')) return { part, state: 'broken', what: 'not usable', why };
  const fix = 'delete the folder build, then npm run build';
  return { part, state: 'broken', what: 'not usable', why, fix };
}

/** It is only needed to build the addon. */
export function judgeCompiler(found: { version: string } | null, addon: Finding): Finding {
  const part = 'C++ compiler';
  if (found) return { part, state: 'ok', what: found.version };
  const state = addon.state === 'ok' ? 'missing' : 'broken';
  const why = 'none of c++, g++ and clang++ runs, nor what CXX names';
  return { part, state, what: 'none', why, fix: 'apt-get install g++' };
}

/** `used`: a model of the repository runs on it. */
export function judgeOnnx({ facts, why }: Probed<Facts['onnxruntime']>, used: boolean): Finding {
  const part = 'onnxruntime';
  if (!facts) return lacksRuntime(part, why, used);
  const what = `${facts.version}, models run on cpu (the package brings ${facts.providers.join(', ')})`;
  if (facts.providers.includes('cpu')) return { part, state: 'ok', what };
  return lacksRuntime(part, `${facts.version} brings no cpu provider`, used);
}

export function judgeTfjs({ facts, why }: Probed<Facts['tfjs']>, used: boolean): Finding {
  const part = 'tfjs';
  if (!facts) return lacksRuntime(part, why, used);
  const what = `${facts.version}, backends ${facts.backends.join(', ') || 'none'}`;
  const missing = ['wasm', 'cpu'].filter((name) => !facts.backends.includes(name));
  if (missing.length === 0) return { part, state: 'ok', what };
  return { part, state: 'missing', what, why: `${missing.join(', ')} does not start`, fix: REINSTALL };
}

function lacksRuntime(part: string, why: string, used: boolean): Finding {
  return { part, state: used ? 'broken' : 'missing', what: 'does not load', why, fix: REINSTALL };
}

export function judgeGpu({ devices, driverLibrary }: Gpu): Finding {
  const part = 'gpu';
  if (devices.length > 0 && driverLibrary) {
    return { part, state: 'ok', what: `${devices.join('; ')}; ${driverLibrary}` };
  }
  if (devices.length === 0 && !driverLibrary) {
    const why = 'neither nvidia-smi nor libcuda.so.1 is here';
    return { part, state: 'missing', what: 'none; everything runs on the CPU', why };
  }
  const [what, why] = devices.length > 0
    ? [devices.join('; '), 'libcuda.so.1 was not found'] as const
    : [driverLibrary, 'nvidia-smi reports no device'] as const;
  return { part, state: 'missing', what, why, fix: 'install the driver that fits the device' };
}

/** `problem` is why the folder cannot be used, or empty. */
export function judgeData(
  folder: string, made: boolean, problem: string, lmdb: Probed<Facts['lmdb']>,
): Finding {
  const part = 'data folder';
  const fix = 'name another folder with --data or VITRINE_DATA, or give this user the right to write there';
  if (problem !== '') return { part, state: 'broken', what: folder, why: problem, fix };
  if (!lmdb.facts) return { part, state: 'broken', what: 'lmdb', why: lmdb.why, fix: REINSTALL };
  return { part, state: 'ok', what: `${folder}${made ? '' : ', to be made at the first start'}` };
}

export function judgeModels(repository: string, { facts, why }: Probed<Facts['models']>): Finding {
  const part = 'models';
  const fix = 'name a repository with --models or VITRINE_MODELS';
  if (!facts) return { part, state: 'broken', what: repository, why, fix };
  const what = `${facts.length} in ${repository}`;
  const bad = facts.filter((model) => model.why !== '');
  if (bad.length > 0) {
    const reasons = bad.map(reason).join(', ');
    return { part, state: 'missing', what, why: reasons, fix: 'mend or remove these' };
  }
  if (facts.length > 0) {
    return { part, state: 'ok', what: `${what}: ${facts.map(({ name }) => name).join(', ')}` };
  }
  return { part, state: 'missing', what, why: 'no folder there has a config.json', fix };
}

/** The encoder that `VITRINE_TEXT_ENCODER` names: the server does not start without it. */
export function judgeTexts(model: string, { facts, why }: Probed<Facts['texts']>): Finding {
  const part = 'text encoder';
  if (facts) {
    const { version, numbers, tokens, milliseconds } = facts;
    const what = `'${model}' version ${version}: ${numbers} numbers of at most ${tokens} tokens, ` +
      `32 texts in ${milliseconds} ms`;
    return { part, state: 'ok', what };
  }
  const fix = 'mend the model, or leave VITRINE_TEXT_ENCODER empty: texts are then character n-grams';
  return { part, state: 'broken', what: `'${model}'`, why, fix };
}

function reason({ name, why }: ModelFact): string {
  return `'${name}' is not served: ${why}`;
}
