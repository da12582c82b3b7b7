import { Session } from 'node:inspector/promises';

/** What a piece of work allocates on the JavaScript heap. */
export interface Allocation {
  readonly bytesPerItem: number;
  /** The functions that allocate most, and how much of it. */
  readonly top: readonly { readonly where: string; readonly bytesPerItem: number }[];
}

interface ProfileNode {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly selfSize: number;
  readonly children: readonly ProfileNode[];
}

const SAMPLE_BYTES = 2048; // one allocation in so many bytes is looked at
const TOP = 5;

/**
 * V8's sampling heap profile over `rounds` of `work`, each of `items`; what has been collected since
 * counts as well. Call it warm.
 */
export async function allocation(
  items: number, rounds: number, work: () => void | Promise<void>,
): Promise<Allocation> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.enable');
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: SAMPLE_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    for (let round = 0; round < rounds; round += 1) await work();
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const sizes = new Map<string, number>();
    addSizes(profile.head as ProfileNode, sizes);
    const all = [...sizes].sort((a, b) => b[1] - a[1]);
    const done = items * rounds;
    return {
      bytesPerItem: all.reduce((sum, [, bytes]) => sum + bytes, 0) / done,
      top: all.slice(0, TOP).map(([where, bytes]) => ({ where, bytesPerItem: bytes / done })),
    };
  } finally {
    session.disconnect();
  }
}

function addSizes({ callFrame, selfSize, children }: ProfileNode, sizes: Map<string, number>): void {
  const file = callFrame.url.split('/').slice(-2).join('/');
  const where = `${callFrame.functionName || '(no name)'} ${file}:${callFrame.lineNumber + 1}`;
  if (selfSize > 0) sizes.set(where, (sizes.get(where) ?? 0) + selfSize);
  for (const child of children) addSizes(child, sizes);
}
