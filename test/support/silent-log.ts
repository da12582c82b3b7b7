import { Log } from '../../server/core/log.ts';

/** A log that nobody reads. */
export const silentLog = new Log('error', () => {});
