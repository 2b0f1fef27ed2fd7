import { useMemo, useState } from 'preact/hooks'
import { call } from '../api.ts'
import { count, duration } from '../format.ts'
import type { PageProps } from '../page-props.ts'
import { Check, Choice, TextField } from '../parts/fields.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import { useLoad } from '../parts/use-load.ts'
import type { ModelRow } from '../shapes.ts'
import { CatalogState } from './catalog-state.tsx'
import { filterModels, NO_MODEL_FILTER, priceRange, providersOf } from './filter-models.ts'
import { ModelDetail } from './model-detail.tsx'

const PAGE = 50

/** The catalogue: what there is, what it takes, what it costs, who serves it. */
export function Models({ session }: PageProps) {
  const load = useLoad('models', (signal) => call<{ data: ModelRow[] }>('/v1/models', { signal }))
  return (
    <>
      {session.kind === 'admin' && <CatalogState onRefreshed={load.reload} />}
      <Loaded load={load} what="models">
        {({ data }) => <Catalogue models={data} session={session} />}
      </Loaded>
    </>
  )
}

function Catalogue({ models, session }: { models: readonly ModelRow[]; session: PageProps['session'] }) {
  const [filter, setFilter] = useState(NO_MODEL_FILTER)
  const [shown, setShown] = useState(PAGE)
  const [openId, setOpenId] = useState<string>()
  const found = useMemo(() => filterModels(models, filter), [models, filter])
  const providers = useMemo(() => providersOf(models), [models])
  const change = (part: Partial<typeof filter>) => {
    setFilter({ ...filter, ...part })
    setShown(PAGE)
  }
  const opened = found.find(({ id }) => id === openId)
  return (
    <>
      <search>
        <form onSubmit={(event) => event.preventDefault()}>
          <TextField label="Name or alias" value={filter.text} onChange={(text) => change({ text })} />
          <Choice
            label="Provider"
            value={filter.provider}
            options={[['', 'any'], ...providers.map((name) => [name, name] as const)]}
            onChange={(provider) => change({ provider })}
          />
          <TextField
            label="Context at least"
            isNumber
            value={filter.context}
            onChange={(context) => change({ context })}
          />
          <TextField
            label="$ a million tokens out, at most"
            isNumber
            value={filter.price}
            onChange={(price) => change({ price })}
          />
          <Check isOn={filter.tools} onChange={(tools) => change({ tools })}>
            Tools
          </Check>
          <Check isOn={filter.vision} onChange={(vision) => change({ vision })}>
            Images
          </Check>
        </form>
      </search>
      <p role="status" class="soft">
        {found.length} of {models.length} models
      </p>
      {found.length === 0 && <Empty>No model fits. Take a filter away.</Empty>}
      {opened && <ModelDetail model={opened} session={session} onClose={() => setOpenId(undefined)} />}
      {found.length > 0 && (
        <Table
          caption="Models"
          rows={found.slice(0, shown)}
          keyOf={({ id }) => id}
          columns={[
            {
              title: 'Model',
              cell: ({ id }) => (
                <button type="button" class="row" aria-haspopup="dialog" onClick={() => setOpenId(id)}>
                  {id}
                </button>
              ),
            },
            { title: 'Name', cell: ({ id, name }) => (name && !id.endsWith(name) ? name : '') },
            { title: 'Context', cell: ({ context_length: size }) => (size ? count(size) : '-'), isNumber: true },
            { title: '$ a million out', cell: (model) => priceRange(model), isNumber: true },
            {
              title: 'First token',
              cell: ({ providers: offers }) => duration(least(offers?.map((offer) => offer.first_token_latency_ms))),
              isNumber: true,
            },
            { title: 'Providers', cell: ({ providers: offers }) => offers?.length ?? '-', isNumber: true },
          ]}
        />
      )}
      {shown < found.length && (
        <button type="button" onClick={() => setShown(shown + PAGE)}>
          More
        </button>
      )}
    </>
  )
}

function least(values: readonly (number | undefined)[] = []): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}
