import { writeFileSync } from 'node:fs';
import { commit, machine, versions } from '../../machine.ts';
import type { LoadTest } from '../load-test.ts';
import { reportCsv } from './csv.ts';
import { hdrLog } from './hdr-log.ts';
import { reportPage } from './page.ts';
import { writeProfile } from './profile-export.ts';

/** Which files were asked for; a path each. */
export interface ReportFiles {
  readonly csv?: string; // -f
  readonly verboseCsv?: boolean;
  readonly json?: string; // --profile-export-file
  readonly hdr?: string; // of several levels one file each: NAME-VALUE.hlog
  readonly html?: string;
}

/** Writes them, and returns the paths. */
export function writeReports(test: LoadTest, files: ReportFiles): string[] {
  const written: string[] = [];
  const write = (path: string, text: string): void => {
    writeFileSync(path, text);
    written.push(path);
  };
  const { csv, verboseCsv, json, hdr, html } = files;
  const { hash, dirty } = commit();
  const of = `${hash}${dirty ? ' with uncommitted changes' : ''}`;
  if (csv !== undefined) write(csv, reportCsv(test, verboseCsv));
  if (json !== undefined) {
    writeProfile(json, test, of);
    written.push(json);
  }
  if (hdr !== undefined) {
    for (const { value, run } of test.levels) {
      write(test.levels.length === 1 ? hdr : hdr.replace(/(\.\w+)?$/, `-${value}$1`), hdrLog(run));
    }
  }
  if (html !== undefined) {
    write(html, reportPage(test, { machine: machine(), commit: of, versions: versions([]) }));
  }
  return written;
}
