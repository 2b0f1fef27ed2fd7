import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

/** One choice of several. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: T
  options: readonly (readonly [value: T, text: string])[]
  onChange: (value: T) => void
}) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = options.find(([one]) => one === event.currentTarget.value)
          if (chosen) onChange(chosen[0])
        }}
      >
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

type TextFieldProps = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** Says what it takes. */
  readonly hint?: string
}

/** A line of text. */
export function TextField({
  label,
  value,
  onChange,
  hint,
  type = 'text',
  isNumber = false,
  isRequired = false,
}: TextFieldProps & { type?: 'text' | 'password'; isNumber?: boolean; isRequired?: boolean }) {
  const id = useId()
  const props = {
    id,
    value,
    required: isRequired,
    autocomplete: 'off' as const,
    'aria-describedby': hint ? `${id}-hint` : undefined,
    onInput: (event: { currentTarget: HTMLInputElement }) => onChange(event.currentTarget.value),
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === 'password' ? (
        <input type="password" {...props} />
      ) : (
        <input type="text" inputMode={isNumber ? 'decimal' : 'text'} spellcheck={false} {...props} />
      )}
      {hint && (
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      )}
    </div>
  )
}

/** A day and a time, in the reader's own time zone; `null` where there is none. The value is ISO 8601. */
export function TimeField({
  label,
  value,
  onChange,
  hint,
}: {
  label: string
  value: string | null
  onChange: (value: string | null) => void
  hint: string
}) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        value={toLocalTime(value)}
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget: { value: text } }) => onChange(text === '' ? null : new Date(text).toISOString())}
      />
      <small id={`${id}-hint`} class="hint">
        {hint}
      </small>
    </div>
  )
}

/** As the browser's field has it: `2027-01-31T18:00`, without a zone. */
function toLocalTime(value: string | null): string {
  const at = new Date(value ?? '')
  if (Number.isNaN(at.getTime())) return ''
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** A line of text with things to choose from; anything else may be written as well. */
export function SuggestField({ label, value, onChange, options }: TextFieldProps & { options: readonly string[] }) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        value={value}
        list={`${id}-list`}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id={`${id}-list`}>
        {options.map((option) => (
          <option key={option} value={option} />
        ))}
      </datalist>
    </div>
  )
}

/** Something that is on or off. */
export function Check({
  children,
  isOn,
  onChange,
}: {
  children: ComponentChildren
  isOn: boolean
  onChange: (isOn: boolean) => void
}) {
  return (
    <label class="check">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      {children}
    </label>
  )
}
