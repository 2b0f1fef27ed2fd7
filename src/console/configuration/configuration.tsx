import { useState } from 'preact/hooks'
import { Loaded } from '../parts/states.tsx'
import { useLoad } from '../parts/use-load.ts'
import { Editor } from './editor.tsx'
import { readConfig } from './stored-config.ts'
import { Versions } from './versions.tsx'

/** What the gateway goes by: changed, compared, and taken back. */
export function Configuration() {
  const stored = useLoad('config', readConfig)
  const [saved, setSaved] = useState(0)
  const reload = () => {
    stored.reload()
    setSaved(saved + 1)
  }
  return (
    <>
      <Loaded load={stored} what="the configuration">
        {(config) => (
          <>
            {config.problem && <p class="note bad">{config.problem}</p>}
            <p class="soft">
              Active: {config.version}
              {config.source === 'built_in' && ' (nothing was written yet: these are the built-in defaults)'}
            </p>
            <Editor key={config.etag} stored={config} onSaved={reload} />
          </>
        )}
      </Loaded>
      <Versions turn={saved} onRolledBack={reload} etag={stored.data?.etag} />
    </>
  )
}
