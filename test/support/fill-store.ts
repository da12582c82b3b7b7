// A process that fills the store in argv[2]. It ends with one line, `CODE EVENTS MESSAGE`: at the
// first failure, when 40 calls went well, or, with argv[3] `kill`, just before it kills itself.
import { writeSync } from 'node:fs';
import { asServeError } from '../../server/core/errors.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { makeEvent } from './shop-events.ts';

let acknowledged = 0;
try {
  const store = LmdbStore.open(process.argv[2] as string);
  for (let call = 0; call < 40; call++) {
    const events = Array.from({ length: 1000 }, () => makeEvent({ item: 'an-item' }));
    acknowledged += (await store.append(events)).accepted.length;
    if (process.argv[3] === 'kill' && call === 2) {
      say('killed', '');
      process.kill(process.pid, 'SIGKILL');
    }
  }
  await store.close();
  say('ok', '');
} catch (thrown) {
  const { code, message } = asServeError(thrown);
  say(code, message);
}

function say(code: string, message: string): void {
  writeSync(1, `${code} ${acknowledged} ${message}`);
}
