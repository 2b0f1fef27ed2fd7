import { useState } from 'preact/hooks'
import { call } from '../api.ts'
import type { PageProps } from '../page-props.ts'
import { Check, Choice, SuggestField, TextField } from '../parts/fields.tsx'
import { useLoad } from '../parts/use-load.ts'
import type { ModelRow } from '../shapes.ts'
import { AnswerPane } from './answer-pane.tsx'
import type { Question } from './question.ts'
import { Snippets } from './snippets.tsx'

const FAULTS = [
  ['', 'no fault'],
  ['429', 'the first target refuses (429)'],
  ['error:0', 'an error before the first token'],
  ['cut:0', 'a cut before the first token'],
  ['cut:5', 'a cut after five tokens'],
  ['error:5', 'an error after five tokens'],
  ['stall:0', 'silence before the first token'],
  ['stall:5', 'silence after five tokens'],
] as const

/** Asks one question of one model or of two, and shows how each answer comes. */
export function Playground({ place, session }: PageProps) {
  const [question, setQuestion] = useState<Question>({
    model: place.query.get('model') ?? 'default',
    system: '',
    prompt: 'Say hello and name a colour.',
    maxTokens: '',
    stream: true,
    tools: false,
  })
  const [other, setOther] = useState('')
  const [isComparing, setComparing] = useState(false)
  const [fault, setFault] = useState<(typeof FAULTS)[number][0]>('')
  const [asked, setAsked] = useState<{ turn: number; question: Question; models: string[]; fault: string }>()
  const models = useLoad('models', (signal) => call<{ data: ModelRow[] }>('/v1/models', { signal }))
  const names = ['default', ...(models.data?.data.map(({ id }) => id) ?? [])]
  const change = (part: Partial<Question>) => setQuestion({ ...question, ...part })
  const submit = (event: Event) => {
    event.preventDefault()
    const wanted = isComparing ? [question.model, other] : [question.model]
    setAsked({ turn: (asked?.turn ?? 0) + 1, question, models: wanted, fault })
  }
  return (
    <>
      <form class="stack" onSubmit={submit}>
        <div class="bar">
          <SuggestField label="Model" value={question.model} options={names} onChange={(model) => change({ model })} />
          {isComparing && <SuggestField label="Beside it" value={other} options={names} onChange={setOther} />}
          <TextField
            label="Tokens at most"
            isNumber
            value={question.maxTokens}
            onChange={(maxTokens) => change({ maxTokens })}
          />
          {session.kind === 'admin' && <Choice label="Rehearse" value={fault} options={FAULTS} onChange={setFault} />}
        </div>
        <div class="bar">
          <Check isOn={question.stream} onChange={(stream) => change({ stream })}>
            Stream
          </Check>
          <Check isOn={question.tools} onChange={(tools) => change({ tools })}>
            Offer a tool (the weather)
          </Check>
          <Check isOn={isComparing} onChange={setComparing}>
            Compare two
          </Check>
        </div>
        <Area label="System" rows={1} value={question.system} onChange={(system) => change({ system })} />
        <Area label="Question" rows={2} value={question.prompt} onChange={(prompt) => change({ prompt })} />
        <p>
          <button type="submit" class="main" disabled={question.prompt.trim() === ''}>
            Ask
          </button>{' '}
          <span class="hint">
            Real tokens are spent, booked to {session.kind === 'admin' ? 'the project default' : 'your key'}.
          </span>
        </p>
      </form>
      {asked && (
        <div class="columns">
          {asked.models.map((model, index) => (
            <AnswerPane
              key={`${asked.turn} ${index}`}
              question={{ ...asked.question, model }}
              fault={asked.fault}
              isAdmin={session.kind === 'admin'}
            />
          ))}
        </div>
      )}
      <Snippets question={question} />
    </>
  )
}

function Area({
  label,
  value,
  rows,
  onChange,
}: {
  label: string
  value: string
  rows: number
  onChange: (value: string) => void
}) {
  return (
    <label class="field">
      <span class="soft">{label}</span>
      <textarea rows={rows} value={value} onInput={(event) => onChange(event.currentTarget.value)} />
    </label>
  )
}
