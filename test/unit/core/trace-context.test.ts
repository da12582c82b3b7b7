import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseTraceContext, traceparentOf } from '../../../server/core/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

suite('trace context', () => {
  test("a caller's trace, its span and whether it is kept", () => {
    assert.deepEqual(parseTraceContext(`00-${TRACE}-${PARENT}-01`, 'a=1,b=2'),
      { traceId: TRACE, parentId: PARENT, sampled: true, state: 'a=1,b=2' });
    assert.equal(parseTraceContext(`00-${TRACE}-${PARENT}-00`, '')?.sampled, false);
    assert.equal(parseTraceContext(`00-${TRACE}-${PARENT}-03`, '')?.sampled, true);
  });

  test('a version to come is read as far as this one goes', () => {
    assert.equal(parseTraceContext(`cc-${TRACE}-${PARENT}-01-what-else`, '')?.traceId, TRACE);
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['version ff', `ff-${TRACE}-${PARENT}-01`],
    ['more behind version 00', `00-${TRACE}-${PARENT}-01-x`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capital digits', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['too few digits', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['blanks around it', ` 00-${TRACE}-${PARENT}-01 `],
  ] as const) {
    test(`${what}: a trace begins anew`, () => assert.equal(parseTraceContext(text, ''), null));
  }

  test('a state that is too long is dropped, the trace is not', () => {
    const context = parseTraceContext(`00-${TRACE}-${PARENT}-01`, `a=${'x'.repeat(600)}`);
    assert.deepEqual([context?.traceId, context?.state], [TRACE, '']);
  });

  test('what is written is read again', () => {
    assert.equal(traceparentOf(TRACE, PARENT, true), `00-${TRACE}-${PARENT}-01`);
    assert.equal(parseTraceContext(traceparentOf(TRACE, PARENT, false), '')?.sampled, false);
  });
});
