import { findUws } from '../../server/transport/uws-library.ts';

/** Why no two threads can listen on one port here; false when they can. For a test's `skip`. */
export const NO_SHARED_PORT: string | false =
  process.platform === 'linux' && findUws().found !== null ? false
    : 'needs uWebSockets.js on Linux: several threads listen on one port';
