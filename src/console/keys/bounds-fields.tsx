import { Choice, TextField } from '../parts/fields.tsx'
import type { BoundsForm } from './bounds.ts'

const PERIODS = [
  ['day', 'a day'],
  ['week', 'a week'],
  ['month', 'a month'],
  ['total', 'in all'],
] as const

/** The fields of a key's or a project's bounds. All may stay empty. */
export function BoundsFields({
  form,
  onChange,
  isOpen = false,
}: {
  form: BoundsForm
  onChange: (form: BoundsForm) => void
  isOpen?: boolean
}) {
  const change = (name: keyof BoundsForm) => (value: string) => onChange({ ...form, [name]: value })
  return (
    <details open={isOpen}>
      <summary>Budget, limits and models</summary>
      <div class="bar">
        <TextField label="Budget in $" isNumber value={form.usd} onChange={change('usd')} />
        <Choice label="per" value={form.per} options={PERIODS} onChange={change('per')} />
        <TextField
          label="Requests a minute"
          isNumber
          value={form.requestsPerMinute}
          onChange={change('requestsPerMinute')}
        />
        <TextField label="Tokens a minute" isNumber value={form.tokensPerMinute} onChange={change('tokensPerMinute')} />
        <TextField label="Requests at once" isNumber value={form.concurrent} onChange={change('concurrent')} />
        <TextField
          label="Models"
          value={form.models}
          onChange={change('models')}
          hint="Refs, aliases or org/*, with commas between them. Empty: every model."
        />
      </div>
    </details>
  )
}
