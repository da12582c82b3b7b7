#!/usr/bin/env node
/** `vitrine COMMAND`: each command is a module of its own, loaded when it is asked for. */
import { ServeError } from './core/errors.ts';
import { fileTrouble } from './core/file-trouble.ts';

interface Command {
  readonly usage: string;
  /** What `--help` prints for these words, where the command has commands of its own. */
  usageFor?(args: string[]): Promise<string>;
  /** Resolves to the process's exit code. */
  run(args: string[]): Promise<number>;
}

const COMMANDS: Readonly<Record<string, { what: string; load(): Promise<Command> }>> = {
  serve: { what: 'run the server', load: () => import('./serve-command.ts') },
  doctor: {
    what: 'say what this machine has, what it lacks and how to mend it',
    load: () => import('./doctor/doctor-command.ts'),
  },
  import: {
    what: 'read data of a shop into the store',
    load: () => import('./store/import/command.ts'),
  },
  check: {
    what: 'say what is wrong with events, before anything is learned from them',
    load: () => import('./check/command.ts'),
  },
  train: {
    what: 'learn models from the store',
    load: () => import('../models/recipes/train-command.ts'),
  },
  learn: {
    what: 'learn a yes or no from a table, and score it honestly',
    load: () => import('../models/recipes/learn-command.ts'),
  },
  'learn-customers': {
    what: 'learn when customers buy, who leaves, what they are worth',
    load: () => import('../models/customers/learn-command.ts'),
  },
  tune: {
    what: 'find the placement, threads and batches that answer the most requests in time',
    load: () => import('../bench/tune/tune-command.ts'),
  },
  blend: {
    what: 'choose how recommendations are blended',
    load: () => import('./storefront/retrieval/blend-command.ts'),
  },
  features: {
    what: 'say what each customer feature is worth, or list them',
    load: () => import('../models/customers/features-command.ts'),
  },
  uplift: {
    what: 'learn from a trial whom a coupon moves, and list who should get it, and when',
    load: () => import('../models/uplift/uplift-command.ts'),
  },
  score: {
    what: 'say of every customer when they buy, whether they leave, what they spend, who they are',
    load: () => import('./score/score-command.ts'),
  },
  email: {
    what: 'write what to recommend to each customer, for a mailing',
    load: () => import('./storefront/email/email-command.ts'),
  },
  explain: {
    what: 'explain what a model says of many rows, and draw what matters',
    load: () => import('../models/explain/explain-command.ts'),
  },
  fairness: {
    what: 'say how a model treats groups, and what can be done about it',
    load: () => import('../models/fair/fairness-command.ts'),
  },
  eval: {
    what: 'score retrieval beside its baselines',
    load: () => import('./storefront/retrieval/eval-command.ts'),
  },
  report: {
    what: 'draw a page of what customers do and how good the models are',
    load: () => import('../models/report/report-command.ts'),
  },
  experiment: {
    what: 'size, simulate and judge experiments: power, A/A under peeking, off-policy evaluation',
    load: () => import('./experiments/command.ts'),
  },
  index: { what: 'build, search and check a vector index by itself', load: () => import('./index-tool/command.ts') },
  bench: {
    what: 'load-test this server or any other',
    load: () => import('../bench/lab/command.ts'),
  },
  replay: {
    what: 'score a running server on test sessions',
    load: () => import('./storefront/retrieval/replay-command.ts'),
  },
};

/** How Node says that a package, or a file of one, is missing or no binary for this machine. */
const BROKEN_INSTALL = [
  'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED', 'ERR_INVALID_PACKAGE_CONFIG',
];

const [name = 'help', ...args] = process.argv.slice(2);
process.exit(await main(name, args)); // pool threads may outlive the last answer

async function main(name: string, args: string[]): Promise<number> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry) {
    const known = Object.entries(COMMANDS).map(([word, { what }]) => `  ${word.padEnd(15)} ${what}`);
    const text = [
      'usage: vitrine COMMAND …', '', ...known, '', 'vitrine COMMAND --help says more.',
    ].join('\n');
    if (name === 'help' || name === '--help' || name === '-h') {
      console.log(text);
      return 0;
    }
    console.error(`There is no command '${name}'.\n${text}`);
    return 2;
  }
  try {
    const command = await entry.load();
    if (!args.includes('--help') && !args.includes('-h')) return await command.run(args);
    console.log(command.usageFor ? await command.usageFor(args) : command.usage);
    return 0;
  } catch (error) {
    return complain(error, name);
  }
}

/** Expected failures get one line; anything else is a defect, and shows where it came from. */
function complain(error: unknown, name: string): number {
  if (error instanceof ServeError) {
    console.error(`vitrine: ${error.message}`);
    return 1;
  }
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (code.startsWith('ERR_PARSE_ARGS')) {
    console.error(`vitrine: ${message}\n'vitrine ${name} --help' says what it takes.`);
    return 2;
  }
  const trouble = fileTrouble(error);
  if (trouble !== null) {
    console.error(`vitrine: ${trouble}`);
    return 1;
  }
  if (BROKEN_INSTALL.includes(code)) {
    console.error(
      `vitrine: a part of the installation cannot be loaded: ${message.split('\n')[0]}\n` +
        'Delete the folder node_modules and run the command again: that installs it anew.',
    );
    return 1;
  }
  console.error(error);
  return 70;
}

