/** What the doctor says of one part. */
export interface Finding {
  readonly part: string;
  /** `missing`: does without it. `broken`: the server does not run, or not as it was told to. */
  readonly state: 'ok' | 'missing' | 'broken';
  readonly what: string; // what is there
  readonly why?: string; // what is wrong with it
  readonly fix?: string;
}

/** One line, whatever the reasons hold. */
export function line({ part, state, what, why, fix }: Finding): string {
  const parts = [what, why && `why: ${why}`, fix && `fix: ${fix}`].filter(Boolean).join('; ');
  return `${state.padEnd(7)}  ${part.padEnd(13)}  ${parts.replace(/\s*\n\s*/g, ' ')}`;
}

/** The closing line and the exit code: 0 when nothing is broken. */
export function verdict(findings: readonly Finding[]): { readonly text: string; readonly code: number } {
  const broken = findings.filter(({ state }) => state === 'broken').map(({ part }) => part);
  if (broken.length === 0) return { text: 'The server can serve.', code: 0 };
  return { text: `The server cannot serve as it is set up: ${broken.join(', ')}.`, code: 1 };
}
