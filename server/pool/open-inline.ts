import type { LooseRows } from '../batch/loose-rows.ts';
import type { Runner } from '../batch/runner.ts';
import type { Slab } from '../core/slab.ts';
import { LooseInstance } from '../runtime/loose-instance.ts';
import { ModelInstance } from '../runtime/instance.ts';
import { openRuntime } from '../runtime/open-runtime.ts';
import { InlineRunner } from './inline.ts';
import { LooseInline } from './loose.ts';
import type { ModelFiles } from './protocol.ts';

/**
 * The model on this thread, over a lane's slab: the one of the token where it is open elsewhere.
 * Fails as `ModelInstance.open` does.
 */
export async function openInline(
  { folder, config }: ModelFiles, slab: Slab, loose: LooseRows | undefined, token?: bigint,
): Promise<Runner> {
  const runtime = await openRuntime(config.platform);
  if (loose) {
    const model = await LooseInstance.open(runtime, folder, config);
    return new InlineRunner(config.name, new LooseInline(model, loose));
  }
  const instance = await ModelInstance.open(runtime, folder, config, token);
  instance.bind(slab.memory, slab.layout);
  return new InlineRunner(config.name, instance);
}
