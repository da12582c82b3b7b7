/** `vitrine bench SUBCOMMAND`: each is a module of its own, loaded when it is asked for. */
import { LoadProblem } from './problem.ts';

interface Subcommand {
  readonly usage: string;
  usageFor?(args: string[]): Promise<string>;
  /** Resolves to the process's exit code. */
  run(args: string[]): Promise<number>;
}

const SUBCOMMANDS: Readonly<Record<string, { what: string; load(): Promise<Subcommand> }>> = {
  load: {
    what: 'offer a server load, and say what it made of it',
    load: () => import('./load-command.ts'),
  },
  chaos: {
    what: 'make trouble for a server, and say whether what must hold then does',
    load: () => import('../chaos/chaos-command.ts'),
  },
  plan: {
    what: 'say how many servers a forecast needs, from the measured curve of one',
    load: () => import('../tune/plan-command.ts'),
  },
  compare: {
    what: 'say whether two builds, settings or servers differ, and stop when it is known',
    load: () => import('../compare/compare-command.ts'),
  },
  traffic: {
    what: 'traffic like that of a real shop: fit its laws, show it, ask a server all that',
    load: () => import('../traffic/command.ts'),
  },
};

export const usage = [
  'vitrine bench SUBCOMMAND …',
  ...Object.entries(SUBCOMMANDS).map(([name, { what }]) => `  ${name.padEnd(10)} ${what}`),
  '',
  'vitrine bench SUBCOMMAND --help says more.',
].join('\n');

/** What `--help` prints: the subcommand's page, where one is named. */
export async function usageFor([name = '', ...args]: string[]): Promise<string> {
  const command = await entryOf(name)?.load();
  return (await command?.usageFor?.(args)) ?? command?.usage ?? usage;
}

export async function run([name = '', ...args]: string[]): Promise<number> {
  const entry = entryOf(name);
  if (entry) {
    try {
      return await (await entry.load()).run(args);
    } catch (error) {
      if (!(error instanceof LoadProblem)) throw error;
      console.error(`vitrine bench ${name}: ${error.message}`);
      return error.exitCode;
    }
  }
  console.error(name === '' ? usage : `There is no 'vitrine bench ${name}'.\n${usage}`);
  return 2;
}

function entryOf(name: string) {
  return Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
}
