import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chosenRepository } from '../catalog/chosen-repository.ts';
import { readConfig } from '../config.ts';
import { assertUsable } from '../store/usable-folder.ts';
import { line, verdict, type Finding } from './finding.ts';
import {
  judgeAddon, judgeCompiler, judgeData, judgeGpu, judgeModels, judgeNode, judgeOnnx, judgePackages,
  judgePlatform, judgeTexts, judgeTfjs, judgeTransport,
} from './judge.ts';
import { findGpu, thisMachine } from './machine.ts';
import { type Facts, probe, type Probed } from './probe.ts';

export const usage = [
  'vitrine doctor [--data DIR] [--models DIR]',
  '  says of every part that the server stands on whether it is there, why not, and what mends it',
  '  ok: it is there; missing: the server does without it; broken: the server does not',
  '  ends with 0 when the server can serve, else with 1',
].join('\n');

const ROOT = new URL('../../../', import.meta.url);

/** Looks at every part, each in a process of its own, and prints a line for each. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args, options: { data: { type: 'string' }, models: { type: 'string' } },
  });
  const config = readConfig({
    ...process.env,
    ...(values.data !== undefined && { VITRINE_DATA: values.data }),
    ...(values.models !== undefined && { VITRINE_MODELS: values.models }),
  });
  const repository = chosenRepository(config);
  const { textEncoder } = config;
  const [transport, addon, onnx, tfjs, lmdb, models, texts] = await Promise.all([
    probe('transport'), probe('addon'), probe('onnxruntime'), probe('tfjs'), probe('lmdb'),
    probe('models', [repository]),
    textEncoder === '' ? null : probe('texts', [repository, textEncoder]),
  ]);
  // Written for set-up, which runs before there is a dist/: these two are no TypeScript.
  const { lostPackages, nodeProblem } = (await import(`${ROOT}server/setup-checks.mjs`)) as Checks;
  const { findCompiler } = (await import(`${ROOT}native/build.mjs`)) as Build;
  const machine = thisMachine();
  const addonFinding = judgeAddon(addon);
  const findings: Finding[] = [
    judgeNode(machine, nodeProblem(machine.nodeVersion)),
    judgePlatform(machine),
    judgePackages(lostPackages(fileURLToPath(ROOT))),
    judgeTransport(config.transport, transport),
    addonFinding,
    judgeCompiler(await findCompiler(), addonFinding),
    judgeOnnx(onnx, uses(models, 'onnxruntime_onnx')),
    judgeTfjs(tfjs, uses(models, 'tensorflow_tfjs')),
    judgeGpu(findGpu(process.env['LD_LIBRARY_PATH'])),
    judgeData(config.dataDir, existsSync(config.dataDir), dataProblem(config.dataDir), lmdb),
    judgeModels(repository, models),
    ...(texts ? [judgeTexts(textEncoder, texts)] : []),
  ];
  for (const finding of findings) console.log(line(finding));
  const { text, code } = verdict(findings);
  console.log(`\n${text}`);
  return code;
}

interface Checks {
  nodeProblem(version: string): string;
  lostPackages(root: string): readonly string[] | null;
}
interface Build {
  findCompiler(): Promise<{ readonly version: string } | null>;
}

function uses({ facts }: Probed<Facts['models']>, platform: string): boolean {
  return facts === undefined || facts.some((model) => model.platform === platform);
}

/** Why the store cannot be opened or made in the folder, or ''. Leaves everything as it is. */
function dataProblem(folder: string): string {
  try {
    const store = join(folder, 'store');
    if (existsSync(store)) assertUsable(store);
    else accessSync(nearest(resolve(folder)), constants.W_OK | constants.X_OK);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** The folder itself, or the one above it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(dirname(folder));
}
