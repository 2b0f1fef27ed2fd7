import { useState } from 'preact/hooks'
import type { UsageRequest } from '../../wire/admin/usage.ts'
import { count, duration, END_WORDS, money, shortRef, shortTime } from '../format.ts'
import { Table } from '../parts/table.tsx'
import { RequestDetail } from './request-detail.tsx'

/** Requests as a table; one that is opened is told in full above them. */
export function RequestList({ rows }: { rows: readonly UsageRequest[] }) {
  const [openId, setOpenId] = useState<string>()
  const opened = rows.find(({ id }) => id === openId)
  return (
    <>
      <Table
        caption="Requests, the latest first"
        rows={rows}
        keyOf={({ id }) => id}
        columns={[
          {
            title: 'When',
            cell: ({ id, at }) => (
              <button type="button" class="row" aria-haspopup="dialog" onClick={() => setOpenId(id)}>
                {shortTime(at)}
              </button>
            ),
          },
          { title: 'Asked for', cell: ({ askedModel }) => shortRef(askedModel ?? 'default') },
          {
            title: 'Went to',
            cell: ({ model, provider }) => `${shortRef(model ?? '-')}${provider ? ` (${provider})` : ''}`,
          },
          { title: 'Key', cell: ({ key, keyName }) => keyName ?? key },
          {
            title: 'End',
            cell: ({ end, rehearsed }) => (
              <>
                <span class={end === 'whole' ? 'good' : 'failed'}>{END_WORDS[end] ?? end}</span>
                {rehearsed && ' (rehearsed)'}
              </>
            ),
          },
          { title: 'Attempts', cell: ({ attempts }) => attempts, isNumber: true },
          { title: 'First token', cell: ({ firstTokenMs }) => duration(firstTokenMs), isNumber: true },
          { title: 'Total', cell: ({ durationMs }) => duration(durationMs), isNumber: true },
          {
            title: 'Tokens',
            cell: ({ usage }) => (usage ? count(usage.promptTokens + usage.completionTokens) : '-'),
            isNumber: true,
          },
          { title: 'Cost', cell: ({ costNanoUsd }) => money(costNanoUsd), isNumber: true },
        ]}
      />
      {opened && <RequestDetail request={opened} onClose={() => setOpenId(undefined)} />}
    </>
  )
}
