import type { ScoreboardRow } from '../../wire/admin/scoreboard.ts'
import { call } from '../api.ts'
import { count, duration } from '../format.ts'
import { formatPlace } from '../hash.ts'
import type { PageProps } from '../page-props.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Table } from '../parts/table.tsx'
import { useLoad } from '../parts/use-load.ts'
import type { ModelProvider, ModelRow } from '../shapes.ts'

/** One model: who serves it, on what terms, and how it went lately. */
export function ModelDetail({
  model,
  session,
  onClose,
}: {
  model: ModelRow
  session: PageProps['session']
  onClose: () => void
}) {
  const offers = model.providers ?? []
  return (
    <Dialog title={model.id} onClose={onClose} isToRead>
      <p>
        <a href={formatPlace('playground', { model: model.id })}>Try it in the playground</a>
      </p>
      {offers.length === 0 ? <p>The list names no provider of it.</p> : <Offers offers={offers} />}
      {session.kind === 'admin' && <Scores model={model} />}
    </Dialog>
  )
}

function Offers({ offers }: { offers: readonly ModelProvider[] }) {
  return (
    <Table
      caption="Providers, as the router lists them"
      rows={offers}
      keyOf={({ provider }) => provider}
      columns={[
        { title: 'Provider', cell: ({ provider }) => provider },
        { title: 'State', cell: ({ status }) => status ?? '-' },
        { title: '$ a million in', cell: ({ pricing }) => pricing?.input ?? '-', isNumber: true },
        { title: '$ a million out', cell: ({ pricing }) => pricing?.output ?? '-', isNumber: true },
        { title: 'Context', cell: ({ context_length: size }) => (size ? count(size) : '-'), isNumber: true },
        { title: 'Tools', cell: ({ supports_tools: can }) => (can ? 'yes' : 'no') },
        { title: 'Structured', cell: ({ supports_structured_output: can }) => (can ? 'yes' : 'no') },
        { title: 'First token', cell: ({ first_token_latency_ms: ms }) => duration(ms), isNumber: true },
        { title: 'Tokens a second', cell: ({ throughput }) => throughput?.toFixed(0) ?? '-', isNumber: true },
      ]}
    />
  )
}

/** What this gateway has seen of the model's providers; nothing where nobody asked it yet. */
function Scores({ model }: { model: ModelRow }) {
  const load = useLoad('scoreboard', (signal) =>
    call<{ rows: readonly ScoreboardRow[] }>('/admin/scoreboard', { signal }),
  )
  const rows = load.data?.rows.filter((row) => row.model === model.id) ?? []
  if (rows.length === 0) return <p class="hint">Nobody asked it here yet: no figures of our own.</p>
  const share = (value: number | null) => (value === null ? '-' : `${(value * 100).toFixed(1)} %`)
  return (
    <Table
      caption="What was seen here"
      rows={rows}
      keyOf={({ provider }) => provider}
      columns={[
        { title: 'Provider', cell: ({ provider }) => provider || 'the router’s choice' },
        { title: 'Attempts', cell: ({ attempts }) => Math.round(attempts), isNumber: true },
        { title: 'First token p50', cell: ({ firstTokenMs }) => duration(firstTokenMs.p50), isNumber: true },
        { title: 'p95', cell: ({ firstTokenMs }) => duration(firstTokenMs.p95), isNumber: true },
        { title: 'Tokens a second', cell: ({ tokensPerSecond }) => tokensPerSecond?.toFixed(0) ?? '-', isNumber: true },
        { title: 'Failed', cell: ({ failedShare }) => share(failedShare), isNumber: true },
        { title: 'Broke off', cell: ({ brokenShare }) => share(brokenShare), isNumber: true },
        { title: 'Bad tool calls', cell: ({ badToolShare }) => share(badToolShare), isNumber: true },
      ]}
    />
  )
}
