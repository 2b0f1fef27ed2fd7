import { endOfValue, isKey, walkList, walkObject } from '../../json/json-bytes.ts'
import { type JsonBytes, NOT_JSON } from '../../json/json-string.ts'

/** The images of a request's messages. `bytes`: what they take of the body; a data URL is no text that makes tokens. */
export type ImageCount = { readonly count: number; readonly bytes: number }

/**
 * Counts the images of a message's content into `found`, which the messages of one request share. Accepts what
 * `endOfValue` does.
 *
 * @returns Where the value ends.
 */
export function countImages(json: JsonBytes, start: number, found: { count: number; bytes: number }): number {
  if (json.bytes[start] !== OPEN_LIST) return endOfValue(json, start)
  const end = walkList(json, start, (partStart) => {
    const end = walkObject(json, partStart, (valueStart, keyStart, keyEnd) => {
      const end = endOfValue(json, valueStart)
      if (end !== NOT_JSON && isKey(json, keyStart, keyEnd, 'image_url')) {
        found.count++
        found.bytes += end - valueStart
      }
      return end
    })
    return end === NOT_JSON ? endOfValue(json, partStart) : end // a part that is no object
  })
  return end === NOT_JSON ? endOfValue(json, start) : end
}

const OPEN_LIST = 0x5b
