import { call } from '../api.ts'
import { Loaded } from '../parts/states.tsx'
import { useLoad } from '../parts/use-load.ts'

/** What the holder of a client key sees of it: its bounds, what it spent, what is left. */
export function OwnKey() {
  const load = useLoad('own', (signal) => call<{ data: Readonly<Record<string, unknown>> }>('/v1/key', { signal }))
  return (
    <>
      <Loaded load={load} what="your key">
        {({ data }) => (
          <dl class="facts">
            {Object.entries(data).map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
          </dl>
        )}
      </Loaded>
      <p>
        <a href="#/playground">Ask something</a>, or look at <a href="#/models">the models</a> that you may use.
      </p>
    </>
  )
}

function Fact({ name, value }: { name: string; value: unknown }) {
  const text =
    value === null || value === undefined ? 'none' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return (
    <>
      <dt>{name.replaceAll('_', ' ')}</dt>
      <dd>{text}</dd>
    </>
  )
}
