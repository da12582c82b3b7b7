/** What tritonclient sent and could read, byte for byte, is played again. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { gunzipSync, inflateSync } from 'node:zlib';
import { exchange, parseAnswer, type Exchanged } from '../support/kserve-server.ts';
import { type Captured, openCapturedServer } from './capture/captured.ts';

const FILE = new URL('../../../test/conformance/capture/tritonclient.jsonl', import.meta.url);
const captured = readFileSync(FILE, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Captured);
const SAME = ['content-type', 'content-encoding', 'inference-header-content-length'];

suite('tritonclient.http, played again', () => {
  let server: Awaited<ReturnType<typeof openCapturedServer>>;
  before(async () => (server = await openCapturedServer()));
  after(() => server.close());

  for (const { title, request, answer } of captured) {
    test(title, async () => {
      const want = parseAnswer(Buffer.from(answer, 'base64').toString('latin1')) as Exchanged;

      const got = await exchange(server.port, Buffer.from(request, 'base64'));

      assert.equal(got.status, want.status, got.body.toString());
      for (const name of SAME) assert.equal(got.headers[name], want.headers[name], name);
      const [now, then] = [unpacked(got), unpacked(want)];
      if (now.equals(then) || want.headers['inference-header-content-length'] !== undefined) {
        assert.deepEqual(now, then);
      } else {
        holds(JSON.parse(now.toString()), JSON.parse(then.toString()), 'answer');
      }
    });
  }
});

function unpacked({ headers, body }: Exchanged): Buffer {
  const encoding = headers['content-encoding'];
  return encoding === 'gzip' ? gunzipSync(body) : encoding === 'deflate' ? inflateSync(body) : body;
}

/** An answer may have fields that it had not when it was captured; what it had it has still. */
function holds(now: unknown, then: unknown, path: string): void {
  if (typeof then !== 'object' || then === null) return assert.deepEqual(now, then, path);
  if (Array.isArray(then) && then.every((one) => typeof one === 'string')) {
    for (const one of then) assert.ok((now as unknown[]).includes(one), `${path} lacks ${one}`);
    return;
  }
  for (const [key, value] of Object.entries(then)) {
    holds((now as Record<string, unknown>)[key], value, `${path}.${key}`);
  }
}
