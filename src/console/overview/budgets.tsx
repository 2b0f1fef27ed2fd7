import type { ProjectList, ProjectReport } from '../../wire/admin/usage.ts'
import { money, time } from '../format.ts'
import { BudgetMeter } from '../parts/budget-meter.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import type { Load } from '../parts/use-load.ts'

/** What is left of each project's budget, and when it begins anew. */
export function Budgets({ load }: { load: Load<ProjectList> }) {
  return (
    <>
      <h2>Budgets</h2>
      <Loaded load={load} what="projects">
        {({ projects }) => {
          const bounded = projects.filter(({ budget }) => budget)
          if (bounded.length > 0) return <BudgetTable projects={bounded} />
          return (
            <Empty>
              No project has a budget. <a href="#/keys">Give one its bounds</a>, and requests beyond them are refused.
            </Empty>
          )
        }}
      </Loaded>
    </>
  )
}

function BudgetTable({ projects }: { projects: readonly ProjectReport[] }) {
  return (
    <Table
      caption="Budgets by project"
      rows={projects}
      keyOf={({ id }) => id}
      columns={[
        { title: 'Project', cell: ({ name }) => name },
        { title: 'Used', cell: ({ budget }) => budget && <BudgetMeter budget={budget} /> },
        { title: 'Left', cell: ({ budget }) => money(budget?.remainingNanoUsd), isNumber: true },
        { title: 'Begins anew', cell: ({ budget }) => (budget?.resetsAt ? time(budget.resetsAt) : 'never') },
      ]}
    />
  )
}
