// What can be wrong with a machine or a checkout before anything is built: each check gives a text
// that says what is wrong and what mends it, or ''. Imports nothing but Node itself, and nothing
// that Node 14 lacks: an old Node must live to hear that it is too old.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Odd releases lose their support within months; packages ship no binaries for some of them. */
export function nodeProblem(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  if ((major === 20 && minor >= 11) || major === 22 || major >= 24) return '';
  return (
    `Vitrine needs Node 20 (from 20.11), 22, 24 or newer; this is Node ${version.replace(/^v/, '')}.\n` +
    'Install one from https://nodejs.org, or run this command with one for a try:\n' +
    '  npx -p node@22 npm start'
  );
}

/**
 * Packages that npm says it installed and that are not there, as after an interrupted `npm ci` or a
 * folder deleted by hand. Null when npm has not finished an install at all.
 */
export function lostPackages(root) {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return null;
  try {
    const { packages } = JSON.parse(readFileSync(record, 'utf8'));
    return Object.keys(packages).filter((path) => !existsSync(join(root, path, 'package.json')));
  } catch {
    return null; // cut short while it was written
  }
}

/** What npm gave as its reason, without the stack traces and codes around it. */
export function npmReason(said) {
  const lines = said
    .split('\n')
    .map((line) => line.match(/^npm (?:error|ERR!) (?!(?:code|errno|syscall|path|command) )(\S.*)$/)?.[1])
    .filter((line) => line && !/^[{}]|complete log|behind a proxy/.test(line))
    .filter((line) => !/^network(?!\w| request)/.test(line))
    .map((line) => line.replace(/^(FetchError:|network) /, ''));
  return lines.length > 0 ? `npm: ${lines.slice(0, 3).join('\n     ')}` : said.trim().slice(-500);
}
