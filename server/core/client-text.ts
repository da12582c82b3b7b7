import type { FailureCode, ServeError } from './errors.ts';

/** Failures whose texts may name files of the server. */
const OF_FILES: ReadonlySet<FailureCode> = new Set(['model_not_ready', 'backend', 'storage']);

/** A path from the root: at least two names; not the part of an address behind its host. */
const FROM_ROOT = /(?<![\w.:/\\-])(?:\/[^\s/:'",;()[\]]+)+\/[^\s/:'",;()[\]]+/;
const FROM_DRIVE = /\b[A-Za-z]:\\(?:[^\s\\:'"]+\\)*[^\s\\:'"]+/;
const PATH = new RegExp(`${FROM_ROOT.source}|${FROM_DRIVE.source}`, 'g');

/** What a caller is told of a failure: files by their own names, not where this server has them. */
export function clientMessage(error: ServeError): string {
  return OF_FILES.has(error.code) ? withoutFolders(error.message) : error.message;
}

/** The text with each absolute path as the last two of its names: `models/m/1/x` is `1/x`. */
export function withoutFolders(text: string): string {
  return text.replace(PATH, (path: string) => path.split(/[/\\]/).slice(-2).join('/'));
}
