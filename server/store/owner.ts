import { readFileSync, readlinkSync, statSync } from 'node:fs';

/** Which process holds a store: enough to tell, after a crash, that it is gone. */
export interface Owner {
  readonly pid: number;
  /** Ticks from boot to the process's start, of which boot, in which pid namespace; or empty. */
  readonly started: string;
  readonly boot: string;
  readonly pidNamespace: string;
  /** Device and inode of the store's folder: a copy of it is nobody's. Older builds left it out. */
  readonly folder?: string;
}

/** Linux tells a process from a later one of the same number; elsewhere the number must do. */
export function thisProcess(folder: string): Owner {
  const { dev, ino } = statSync(folder, { bigint: true });
  return {
    pid: process.pid,
    started: startedTicks(process.pid),
    boot: readOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readOr('', () => readlinkSync('/proc/self/ns/pid')),
    folder: `${dev}:${ino}`,
  };
}

/**
 * Whether the owner of `self`'s folder still runs, as far as this process can see. One from another boot or container
 * cannot be seen, and counts as gone: a volume must not be mounted into two containers at once.
 */
export function isAlive(owner: Owner, self: Owner): boolean {
  if (owner.folder !== undefined && owner.folder !== self.folder) return false;
  if (owner.boot !== self.boot || owner.pidNamespace !== self.pidNamespace) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false; // EPERM: another user's
  }
  return startedTicks(owner.pid) === owner.started;
}

/** Field 22 of /proc/PID/stat. The command in field 2 may hold blanks and brackets. */
function startedTicks(pid: number): string {
  return readOr('', () => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  });
}

function readOr(otherwise: string, read: () => string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
