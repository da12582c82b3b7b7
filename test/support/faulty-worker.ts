/**
 * A pool worker whose models misbehave when a row tells them to: its first value is the command.
 * Plain models alone; everything else is the product's own worker.
 */
import { existsSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { SeatData } from '../../server/pool/protocol.ts';
import { workerOf } from '../../server/pool/worker.ts';
import { openRuntime } from '../../server/runtime/open-runtime.ts';
import { PlainRuntime } from '../../server/runtime/plain.ts';
import { COMMANDS } from './faulty-commands.ts';
import type { TensorArray } from '../../server/core/tensor.ts';
import type { RunningModel, Runtime } from '../../server/runtime/runtime.ts';

class FaultyRuntime extends PlainRuntime implements Runtime {
  override async open(...args: Parameters<PlainRuntime['open']>): Promise<RunningModel> {
    const [, config] = args;
    if (config.parameters['opening'] === 'exit') process.exit(7);
    if (config.parameters['opening'] === 'fail') throw new Error('told not to open');
    for (const startMs = performance.now(); config.parameters['opening'] === 'slow';) {
      if (performance.now() - startMs > 60) break;
    }
    const needed = config.parameters['opensWith'];
    if (needed !== undefined && !existsSync(String(needed))) throw new Error('its weights are gone');
    const model = await super.open(...args);
    return {
      run(inputs, rows, outputs) {
        for (const command of commandsOf(inputs, rows, config.input[0]?.dims[0] as number)) {
          if (command === COMMANDS.fail) throw new Error('told to fail');
          if (command === COMMANDS.hang) for (;;);
          if (command === COMMANDS.eat) for (const eaten: number[][] = [];;) eaten.push(Array(10_000).fill(0.5));
          if (command === COMMANDS.exit) process.exit(3);
          if (command === COMMANDS.crashLater) {
            setTimeout(() => { throw new Error('told to crash'); }, 1);
            return new Promise<void>(() => {});
          }
        }
        return model.run(inputs, rows, outputs);
      },
      close: () => model.close(),
    };
  }
}

function commandsOf(inputs: readonly TensorArray[], rows: number, width: number): number[] {
  const values = inputs[0] as Float32Array;
  return Array.from({ length: rows }, (_, row) => values[row * width] as number);
}

export default workerOf(
  async (platform) => platform === 'plain' ? new FaultyRuntime() : openRuntime(platform),
  workerData as SeatData,
);
