import type { Config } from './config.ts';
import type { SessionLimits } from './routes/session.ts';
import type { TransportLimits } from './transport/transport.ts';

/** What pushes may wait for one reader before it misses one; its replies may wait for more. */
const PUSH_BUFFERED_BYTES_MAX = 1_048_576;

export function transportLimits(config: Config): TransportLimits {
  const { bodyBytesMax, bufferedBytesMax, idleSecondsMax } = config;
  return { bodyBytesMax, messageBytesMax: bodyBytesMax, bufferedBytesMax, idleSecondsMax };
}

export function sessionLimits({ socketRequestsMax, bufferedBytesMax }: Config): SessionLimits {
  return {
    requestsMax: socketRequestsMax,
    pushBufferedBytesMax: Math.min(PUSH_BUFFERED_BYTES_MAX, bufferedBytesMax),
  };
}
