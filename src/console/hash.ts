/** Where the page is: `#/requests/abc?end=cut` is `{ page: 'requests', rest: 'abc', query: end=cut }`. */
export type Place = { readonly page: string; readonly rest: string; readonly query: URLSearchParams }

/** Reads a fragment; anything that is none is the beginning. */
export function readPlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [page = '', ...rest] = path.split('/')
  return { page, rest: decode(rest.join('/')), query: new URLSearchParams(query) }
}

/** What cannot be decoded is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function formatPlace(page: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString()
  return `#/${page}${text && `?${text}`}`
}
