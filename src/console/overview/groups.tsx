import type { UsageReport, UsageRow } from '../../wire/admin/usage.ts'
import { count, money, percent, quantiles } from '../format.ts'
import { Empty } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'

/** Sums by project, key, model or provider: the dearest first. */
export function Groups({ report, group }: { report: UsageReport; group: 'project' | 'key' | 'model' | 'provider' }) {
  const nameOf = (row: UsageRow) => (group === 'key' ? (row.keyName ?? row.key) : row[group]) || 'nobody was asked'
  const rows = report.rows.toSorted((a, b) => b.costNanoUsd - a.costNanoUsd || b.requests - a.requests)
  if (rows.length === 0) return <Empty>No requests in this time.</Empty>
  return (
    <>
      {report.truncated && <p class="hint">There are more: those that cost most are shown.</p>}
      <Table
        caption={`Usage by ${group}`}
        rows={rows}
        keyOf={(row) => String(row[group])}
        columns={[
          { title: group[0]?.toUpperCase() + group.slice(1), cell: nameOf },
          { title: 'Requests', cell: ({ requests }) => count(requests), isNumber: true },
          { title: 'Failed', cell: ({ failed, requests }) => percent(failed, requests), isNumber: true },
          { title: 'Tokens in', cell: ({ promptTokens }) => count(promptTokens), isNumber: true },
          { title: 'Tokens out', cell: ({ completionTokens }) => count(completionTokens), isNumber: true },
          { title: 'First token p50 / p95', cell: ({ firstTokenMs }) => quantiles(firstTokenMs), isNumber: true },
          { title: 'Cost', cell: ({ costNanoUsd }) => money(costNanoUsd), isNumber: true },
        ]}
      />
    </>
  )
}
