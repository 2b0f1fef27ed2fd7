import { useEffect, useState } from 'preact/hooks'
import { type Place, readPlace } from './hash.ts'

/** Where the page is now: it is shown anew whenever that changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(() => readPlace(location.hash))
  useEffect(() => {
    const follow = () => setPlace(readPlace(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return place
}
