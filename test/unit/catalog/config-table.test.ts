import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { parseConfig } from '../../../server/catalog/parse-config.ts';

/** A row of the table in models/README.md. */
interface Row {
  readonly path: string;
  readonly may: string;
  readonly otherwise: string;
}

const page = readFileSync(new URL('../../../../models/README.md', import.meta.url), 'utf8');
const rows: Row[] = [...page.matchAll(/^\| (`.*?) \| (.*?) \| (.*?) \|/gm)].flatMap(
  ([, paths = '', may = '', otherwise = '']) =>
    unquoted(paths).map((path) => ({ path, may, otherwise })));

suite('The table of config.json', () => {
  test('has each field that the parser knows, and no other', () => {
    const objects = ['', 'input[]', 'version_policy', 'version_policy.latest',
      'version_policy.specific', 'instance_group[]', 'model_warmup[]', 'response_cache', 'rollout',
      'ensemble_scheduling', 'ensemble_scheduling.step[]', 'sequence_batching',
      'model_transaction_policy', 'dynamic_batching',
      'dynamic_batching.default_queue_policy'];
    const known = objects.flatMap((path) => knownFields(path));
    const parts = new Set(rows.map(({ path }) => path).filter((path) => !path.startsWith('param')));
    for (const path of known) {
      const below = rows.some((row) => row.path.startsWith(`${path}.`));
      assert.ok(parts.delete(path) || below || path === 'parameters', path);
    }
    assert.deepEqual([...parts], []);
  });

  for (const { path, may, otherwise } of rows) {
    const [, list, low, high] = /^(list of |text of )?(\d+)\.\.(\d+)$/.exec(may) ?? [];
    const of = { 'list of ': listOf(path), 'text of ': (n: number) => 'x'.repeat(n) };
    const value = list ? of[list as keyof typeof of] : (n: number) => n;
    if (low !== undefined && high !== undefined) {
      test(`${path} may be ${may}`, () => {
        for (const inside of [Number(low), Number(high)]) parse(path, value(inside));
        for (const outside of [Number(low) - 1, Number(high) + 1]) {
          if (list && outside < 0) continue;
          assert.throws(() => parse(path, value(outside)), { code: 'bad_argument' });
        }
      });
    }
    if (/^(`\w+`(, )?)+$/.test(may)) {
      test(`${path} may be one of its choices alone`, () => {
        for (const choice of unquoted(may)) parse(path, choice);
        assert.throws(() => parse(path, 'other'), { code: 'bad_argument' });
      });
    }
    const plain = /^`?(\w+)`?$/.exec(otherwise)?.[1];
    if (plain !== undefined && plain !== 'none') {
      test(`${path}: its default is ${otherwise}`, () => {
        if (plain === 'required') {
          assert.throws(() => parse(path, undefined), { code: 'bad_argument' });
        } else {
          const stated = /^(\d+|true|false)$/.test(plain) ? JSON.parse(plain) : plain;
          assert.deepEqual(parse(path, undefined), parse(path, stated));
        }
      });
    }
  }
});

function unquoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]*)`/g)].map(([, text = '']) => text);
}

function listOf(path: string): (count: number) => unknown {
  const one = (i: number): unknown =>
    path === 'model_warmup' ? WARMUP : path.endsWith('put') ? { name: `t${i}`, data_type: 'TYPE_FP32', dims: [1] } : 1;
  return (count) => Array.from({ length: count }, (_, i) => one(i));
}

const WARMUP = { inputs: { x: { data_type: 'TYPE_FP32', dims: [1], zero_data: true } } };

/** The least config with a value at a path; `undefined` takes what is there away. */
function parse(path: string, value: unknown): unknown {
  const tensor = (name: string): object => ({ name, data_type: 'TYPE_FP32', dims: [1] });
  const config = { platform: 'plain', input: [tensor('x')], output: [tensor('y')] };
  let at: Record<string, unknown> = config;
  if (path.startsWith('ensemble')) at['platform'] = 'ensemble';
  if (path.startsWith('rollout.')) {
    at['rollout'] = { stable: 1, candidate: 2, mode: 'canary', share: 0.5 };
  }
  if (path.startsWith('model_warmup[]')) at['model_warmup'] = [{ ...WARMUP }];
  const parts = path.split('.').filter((part) => part !== '');
  parts.forEach((part, i) => {
    const name = part.replace('[]', '');
    if (i === parts.length - 1) {
      if (value === undefined) delete at[name];
      else at[name] = value;
    } else if (part.endsWith('[]')) at = ((at[name] ??= [{}]) as Record<string, unknown>[])[0]!;
    else at = (at[name] ??= {}) as Record<string, unknown>;
  });
  return parseConfig(config, 'm');
}

/** What the parser says it knows, when it is given a field that it does not. */
function knownFields(path: string): string[] {
  const inside = path === '' ? 'strange' : `${path}.strange`;
  try {
    parse(inside, 1);
  } catch (error) {
    const known = /known are (.*)$/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
    return known.map((name) => (path === '' ? name : `${path}.${name}`));
  }
  return assert.fail(`${path} takes any field`);
}
