import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { SHARED } from '../recordings/support/shared-recordings.ts'
import { eventsOf, type Fields, fieldsOf } from './sse-answer.ts'

const read = (name: string) => JSON.parse(readFileSync(join(SHARED, 'schemas', name), 'utf8'))

/** A case of the specification's own compliance tests. */
export type ComplianceCase = {
  readonly id: string
  readonly stream?: boolean
  readonly tool?: boolean
  readonly request: Fields
  readonly checks: readonly string[]
}

export const readComplianceCases = (): readonly ComplianceCase[] => read('openresponses-cases.json').cases

/** Checks values by the schemas of the Open Responses specification. */
export function createSchemaCheck() {
  const ajv = new Ajv({ strict: false, validateFormats: false })
  ajv.addSchema(read('openresponses-schemas.json'), 'openresponses')
  const check = (name: string, value: unknown): string[] => {
    const validate = ajv.getSchema(`openresponses#/components/schemas/${name}`)
    if (!validate) return [`no schema ${name}`]
    return validate(value)
      ? []
      : [`${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value).slice(0, 500)}`]
  }
  return {
    response: (value: unknown) => check('ResponseResource', value),
    /** Every event of a stream, by its own schema. */
    stream: (text: string) =>
      eventsOf(text).flatMap(({ data }) => {
        const event = fieldsOf(JSON.parse(data))
        return check(schemaOf(String(event['type'])), event)
      }),
  }
}

/** `response.output_text.delta` is `ResponseOutputTextDeltaStreamingEvent`. */
function schemaOf(type: string): string {
  if (type === 'error') return 'ErrorStreamingEvent'
  const words = type.replace('summary_text', 'summary').split(/[._]/)
  return `${words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')}StreamingEvent`
}
