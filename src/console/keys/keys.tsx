import type { ProjectList } from '../../wire/admin/usage.ts'
import { call } from '../api.ts'
import { Loaded } from '../parts/states.tsx'
import { useLoad } from '../parts/use-load.ts'
import type { ListedKey } from '../shapes.ts'
import { KeyList } from './key-list.tsx'
import { NewKey } from './new-key.tsx'
import { Projects } from './projects.tsx'

/** Who may ask, within what bounds. */
export function Keys() {
  const keys = useLoad('keys', (signal) => call<{ keys: ListedKey[] }>('/admin/keys', { signal }))
  const projects = useLoad('projects', (signal) => call<ProjectList>('/admin/projects', { signal }))
  const names = projects.data?.projects.map(({ id }) => id) ?? ['default']
  return (
    <>
      <h2>A new key</h2>
      <NewKey projects={names} onMade={keys.reload} />
      <h2>Keys</h2>
      <Loaded load={keys} what="keys">
        {(data) => <KeyList keys={data.keys} onChanged={keys.reload} />}
      </Loaded>
      <h2>Projects</h2>
      <Projects load={projects} />
    </>
  )
}
