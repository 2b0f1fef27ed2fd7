import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HAS_SHARED } from '../recordings/support/shared-recordings.ts'
import { createSchemaCheck, readComplianceCases } from '../support/openresponses.ts'
import { readResponse, readResponsesStream } from '../support/read-responses.ts'
import { fieldsOf } from '../support/sse-answer.ts'
import { API_KEY, type Pair, startPair } from './support/start-pair.ts'

describe.skipIf(!HAS_SHARED)('the compliance cases of the Open Responses specification', () => {
  const cases = HAS_SHARED ? readComplianceCases() : []
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair()
  })
  afterAll(() => pair.close())

  test.each(cases)('$id', async ({ stream = false, tool = false, request, checks }) => {
    const model = tool ? 'test/calls-weather' : 'test/text'
    const response = await fetch(`${pair.baseUrl}/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, stream, ...request }),
    })
    expect(response.status).toBe(200)
    const text = await response.text()
    const check = createSchemaCheck()
    expect(stream ? check.stream(text) : check.response(JSON.parse(text))).toEqual([])
    const answer = stream ? readResponsesStream(text) : readResponse(fieldsOf(JSON.parse(text)))
    expect(answer.end).toBe('completed')
    if (checks.includes('hasOutput') && !tool) expect(answer.text).not.toBe('')
    if (tool) expect(answer.calls).toMatchObject([{ name: 'get_weather' }])
  })
})
