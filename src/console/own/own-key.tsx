import type { LimitRules } from '../../core/identity/scopes.ts'
import type { OwnKey as OwnKeyReport } from '../../wire/own-key.ts'
import { call } from '../api.ts'
import { money, time } from '../format.ts'
import { BudgetMeter } from '../parts/budget-meter.tsx'
import { Fact } from '../parts/fact.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import { useLoad } from '../parts/use-load.ts'

/** What the holder of a client key sees of it: its bounds, what it spent, what is left. */
export function OwnKey() {
  const load = useLoad('own', (signal) => call<OwnKeyReport>('/v1/key', { signal }))
  return (
    <>
      <Loaded load={load} what="your key">
        {({ data }) => <Own own={data} />}
      </Loaded>
      <p>
        <a href="#/playground">Ask something</a>, or look at <a href="#/models">the models</a> that you may use.
      </p>
    </>
  )
}

function Own({ own }: { own: OwnKeyReport['data'] }) {
  const { label, project, models, limits, running, budgets } = own
  return (
    <>
      <dl class="facts">
        <Fact name="Key">{label}</Fact>
        <Fact name="Project">{project.name}</Fact>
        <Fact name="Models">{models?.join(', ') ?? 'every one'}</Fact>
        <Fact name="Limits">
          {[...wordsOf(limits.key, 'key'), ...wordsOf(limits.project, 'project')].join(', ') || 'none'}
        </Fact>
        <Fact name="Running now">{running}</Fact>
      </dl>
      {budgets.length === 0 ? (
        <Empty>No budget binds you.</Empty>
      ) : (
        <Table
          caption="Budgets"
          rows={budgets}
          keyOf={({ of }) => of}
          columns={[
            { title: 'Whose', cell: ({ of }) => (of === 'key' ? 'this key' : 'the whole project') },
            { title: 'Used', cell: (budget) => <BudgetMeter budget={budget} /> },
            { title: 'Left', cell: ({ remainingNanoUsd }) => money(remainingNanoUsd), isNumber: true },
            { title: 'Begins anew', cell: ({ resetsAt }) => (resetsAt ? time(resetsAt) : 'never') },
          ]}
        />
      )}
    </>
  )
}

function wordsOf({ requestsPerMinute, tokensPerMinute, concurrent }: LimitRules, of: string): string[] {
  return [
    ...(requestsPerMinute === undefined ? [] : [`${requestsPerMinute} requests a minute`]),
    ...(tokensPerMinute === undefined ? [] : [`${tokensPerMinute} tokens a minute`]),
    ...(concurrent === undefined ? [] : [`${concurrent} requests at once`]),
  ].map((words) => `${words} for the ${of}`)
}
