import { Log } from '../../../server/core/log.ts';
import { Tracer } from '../../../server/observe/tracer.ts';
import { openKserveServer } from '../../support/kserve-server.ts';

/** One line of a `.jsonl` of this folder: what a client sent, and what it was answered. */
export interface Captured {
  readonly title: string;
  readonly request: string; // base64
  readonly answer: string; // base64
}

/** What captures are made with, and played to: always the same, and so are its answers. */
export function openCapturedServer() {
  const log = new Log('info', () => {});
  return openKserveServer({ tracer: new Tracer('trace.json', log), log });
}
