const MOST_CHARACTERS = 80

/** Somebody else's text as an error may quote it: control characters would come back in logs and terminals. */
export function quote(text: string, most = MOST_CHARACTERS): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, most)
}
