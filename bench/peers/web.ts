/** Peers from npm that speak HTTP: installed beside the sources by the first bench that wants them. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../machine.ts';
import { installOnce, type Missing, packageVersion } from '../optional.ts';

const WEB = { from: join(ROOT, 'bench/peers/web'), to: join(ROOT, 'build/bench/web') };

/** The version of a framework, installed if it has to be; or why it cannot be had. */
export function findWebPeer(name: string): { readonly version: string } | Missing {
  const failed = installOnce(WEB);
  return failed ? { missing: failed } : { version: packageVersion(WEB.to, name) };
}

/** Of an installed framework what `require` gives; throws where it does not load. */
export function webPeer(name: string): unknown {
  return createRequire(join(WEB.to, 'package.json'))(name);
}
