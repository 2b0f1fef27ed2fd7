import { describe, expect, test } from 'vitest'
import { continueTrace, formatTraceparent } from '../../src/core/trace-context.ts'

const hex = (digits: number) => 'f'.repeat(digits)
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

test.each([
  ['as the specification shows it', `00-${TRACE}-${PARENT}-01`],
  ['that is not sampled', `00-${TRACE}-${PARENT}-00`],
  ['of a later version with more members', `cc-${TRACE}-${PARENT}-01-what-comes`],
])('a traceparent %s is continued', (_what, header) => {
  expect(continueTrace(header, hex)).toEqual({ traceId: TRACE, parentSpanId: PARENT, spanId: hex(16) })
})

describe('a trace begins here', () => {
  test.each([
    ['without a header', undefined],
    ['after a header that is empty', ''],
    ['after capital letters', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['after a trace of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['after a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['after the forbidden version', `ff-${TRACE}-${PARENT}-01`],
    ['after more members than its version has', `00-${TRACE}-${PARENT}-01-more`],
    ['after something else', "x'; drop table"],
  ])('%s', (_what, header) => {
    expect(continueTrace(header, hex)).toEqual({ traceId: hex(32), spanId: hex(16) })
  })
})

test('what goes up is understood by the next', () => {
  expect(continueTrace(formatTraceparent(TRACE, PARENT), hex)).toMatchObject({ traceId: TRACE, parentSpanId: PARENT })
})
