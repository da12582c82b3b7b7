import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { SETTINGS } from '../../../server/config.ts';
import { FAILURES } from '../../../server/core/errors.ts';
import { DATATYPE_BYTES } from '../../../server/core/tensor.ts';
import { decodeRequest } from '../../../server/wire/decode.ts';
import { WIRE_NAMES } from '../../../server/wire/names.ts';
import { EVENT_TYPES, LIMITS } from '../../../server/wire/schema.ts';

const page = readFileSync(new URL('../../../../server/wire/README.md', import.meta.url), 'utf8');

suite('server/wire/README.md', () => {
  test('names every operation, event, datatype, field and failure, with its status', () => {
    const ops =
      /is none of (.*)$/
        .exec(messageOf(() => decodeRequest({ id: 1, op: '?' }, 0)))?.[1]
        ?.split(', ') ?? [];
    assert.equal(ops.length, 14);
    for (const name of [
      ...ops,
      ...EVENT_TYPES,
      ...Object.keys(DATATYPE_BYTES),
      ...Object.values(WIRE_NAMES),
    ]) {
      assert.ok(page.includes(`\`${name}\``), name);
    }
    for (const [code, { status, retry }] of Object.entries(FAILURES)) {
      const row = page
        .split('\n')
        .find((line) => line.startsWith('|') && line.split('|')[1]?.includes(`\`${code}\``));
      assert.ok(row?.includes(`| ${status} | ${retry ? 'yes' : 'no'} |`), `${code}: ${row}`);
    }
  });

  test('tells the limits as they are', () => {
    for (const [name, value] of Object.entries(LIMITS))
      assert.ok(new RegExp(`\\b${value}\\b`).test(page), name);
    for (const { env } of [
      SETTINGS.bodyBytesMax,
      SETTINGS.bufferedBytesMax,
      SETTINGS.socketRequestsMax,
      SETTINGS.idleSecondsMax,
    ]) {
      assert.ok(page.includes(env), env);
    }
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
