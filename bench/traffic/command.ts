/** `vitrine bench traffic fit | show | run`: traffic like that of a real shop. */

interface Part {
  readonly usage: string;
  run(args: string[]): Promise<number>;
}

const PARTS: Readonly<Record<string, { what: string; load(): Promise<Part> }>> = {
  fit: { what: 'read data of a shop, and write the laws of its traffic', load: () =>
    import('./fit-command.ts') },
  show: { what: 'say what a profile, scenario or replay asks for', load: () => import('./show-command.ts') },
  run: { what: 'ask a server all that, when it is due, and say how it answered', load: () =>
    import('./run-command.ts') },
};

export const usage = [
  'vitrine bench traffic PART …',
  ...Object.entries(PARTS).map(([name, { what }]) => `  ${name.padEnd(6)} ${what}`),
  '',
  'vitrine bench traffic PART --help says more.',
].join('\n');

export async function usageFor([name = '']: string[]): Promise<string> {
  return Object.hasOwn(PARTS, name) ? (await PARTS[name]!.load()).usage : usage;
}

export async function run([name = '', ...args]: string[]): Promise<number> {
  if (Object.hasOwn(PARTS, name)) return (await PARTS[name]!.load()).run(args);
  console.error(name === '' ? usage : `There is no 'vitrine bench traffic ${name}'.\n${usage}`);
  return 2;
}
