import { Loaded } from '../parts/states.tsx'
import { useLoad } from '../parts/use-load.ts'
import { Difference } from './difference.tsx'
import { readConfig } from './stored-config.ts'

/** Somebody else has saved in the meantime: nobody's change is lost before a person has seen both. */
export function Conflict({
  mine,
  onTakeTheirs,
  onKeepMine,
}: {
  mine: string
  onTakeTheirs: () => void
  onKeepMine: (etag: string) => void
}) {
  const theirs = useLoad('theirs', readConfig)
  return (
    <section class="note bad" role="alert" aria-label="Conflict">
      <p>Somebody saved another version while you wrote. Nothing of either was lost. From theirs to yours it is:</p>
      <Loaded load={theirs} what="their version">
        {({ text, etag }) => (
          <>
            <Difference before={text} after={mine} />
            <button type="button" onClick={() => onKeepMine(etag)}>
              Save mine over theirs
            </button>{' '}
            <button type="button" onClick={onTakeTheirs}>
              Drop mine and go on with theirs
            </button>
          </>
        )}
      </Loaded>
    </section>
  )
}
