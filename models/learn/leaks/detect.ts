import { TrainingError } from '../training-error.ts';
import { tooGood } from './dominant.ts';
import { duplicates } from './duplicates.ts';
import { targetEncodings } from './encodings.ts';
import type { Finding, LeakCase, LeakRule } from './finding.ts';
import { madeUpRows } from './made-up.ts';
import { balancedClasses, brokenIntegers, identifiers, scaledBefore } from './shapes.ts';
import { shifted } from './shift.ts';
import { afterOutcome, groupOverlap, timeOverlap } from './times.ts';

const RULES = [
  afterOutcome, timeOverlap, groupOverlap, tooGood, targetEncodings, duplicates, madeUpRows,
  brokenIntegers, balancedClasses, scaledBefore, identifiers, shifted,
];

/** Everything that may make the scores of this table and split too good, failures first. */
export function findLeaks(of: LeakCase, allow: readonly LeakRule[] = []): Finding[] {
  const found = RULES.flatMap((rule) => rule(of)).map((finding) =>
    (allow.includes(finding.rule) ? { ...finding, severity: 'warn' as const } : finding));
  return [...found.filter(failed), ...found.filter((finding) => !failed(finding))];
}

/** Ends the run where a finding fails it, with every reason. */
export function refuseLeaks(findings: readonly Finding[]): void {
  const reasons = findings.filter(failed);
  if (reasons.length === 0) return;
  throw new TrainingError(`the scores of this training would not be true:\n` +
    reasons.map((finding) => `  ${sayFinding(finding)}`).join('\n'));
}

/** One line: `dominant: PageValues: alone it has …; leave PageValues out …`. */
export function sayFinding({ rule, column, evidence, advice }: Finding): string {
  return `${rule}: ${column ? `${column}: ` : ''}${evidence}. To do: ${advice}`;
}

function failed({ severity }: Finding): boolean {
  return severity === 'fail';
}
