import type { CheckReport } from './checker.ts';

/** The report as lines for a terminal: what is worst first, each with what to do. */
export function reportText(path: string, { events, firstMs, lastMs, findings }: CheckReport): string {
  const span = Number.isNaN(firstMs) ? 'no times'
    : `${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()}`;
  const head = `${path}: ${events.toLocaleString('en')} events, ${span}`;
  if (findings.length === 0) return `${head}\nnothing is wrong`;
  const lines = findings.flatMap(({ severity, what, count, share, of, example, todo, code }) => [
    `${severity.toUpperCase()} ${code}: ${count.toLocaleString('en')} ${what} (${percent(share)} of ${of})`,
    `    ${example}`,
    `    ${todo}`,
  ]);
  return [head, ...lines].join('\n');
}

function percent(share: number): string {
  if (share > 0 && share < 0.0001) return 'under 0.01 %';
  return `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}

/** What the process ends with: 4 errors, 3 warnings, else 0. */
export function exitCode({ findings }: CheckReport): number {
  if (findings.some(({ severity }) => severity === 'error')) return 4;
  return findings.some(({ severity }) => severity === 'warning') ? 3 : 0;
}
