import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Answer, Failed } from '../api.ts'

/** What was loaded, what went wrong since, and whether something is on its way; old data stays until new is there. */
export type Load<T> = {
  readonly data: T | undefined
  readonly failure: Failed | undefined
  readonly isLoading: boolean
  readonly reload: () => void
}

/**
 * Loads when the component appears, whenever `key` changes, and on `reload`.
 *
 * @param key Says what is loaded; the same key is the same data.
 */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<Answer<T>>): Load<T> {
  const [turn, setTurn] = useState(0)
  const [state, setState] = useState<{ key?: string; data?: T; failure?: Failed; isLoading: boolean }>({
    isLoading: true,
  })
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    const gone = new AbortController()
    setState((old) => ({ ...(old.key === key ? old : {}), key, isLoading: true }))
    latest.current(gone.signal).then((answer) => {
      if (gone.signal.aborted) return
      if (answer.ok) setState({ key, data: answer.data, isLoading: false })
      else setState((old) => ({ ...old, failure: answer, isLoading: false }))
    })
    return () => gone.abort()
  }, [key, turn])
  const reload = useCallback(() => setTurn((value) => value + 1), [])
  return { data: state.data, failure: state.failure, isLoading: state.isLoading, reload }
}
