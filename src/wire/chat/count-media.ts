import { endOfValue, isKey, walkList, walkObject } from '../../json/json-bytes.ts'
import { type JsonBytes, NOT_JSON } from '../../json/json-string.ts'

/** What a request's messages hold besides text. `bytes`: what that takes of the body; a data URL is no text that makes tokens. */
export type MediaCount = {
  readonly images: number
  /** Sound, video, files. */
  readonly others: number
  readonly bytes: number
}

export const NO_MEDIA: MediaCount = { images: 0, others: 0, bytes: 0 }

/** The members under which a part carries something else than text, for whichever provider. */
const OTHERS = [
  'video_url',
  'audio_url',
  'input_audio',
  'input_video',
  'input_file',
  'input_image',
  'file',
  'file_url',
  'document',
  'document_url',
  'video',
  'audio',
  'image',
]

/**
 * Counts the images and other media of a message's content into `found`, which the messages of one request share. Accepts
 * what `endOfValue` does.
 *
 * @returns Where the value ends.
 */
export function countMedia(
  json: JsonBytes,
  start: number,
  found: { -readonly [K in keyof MediaCount]: number },
): number {
  if (json.bytes[start] !== OPEN_LIST) return endOfValue(json, start)
  const end = walkList(json, start, (partStart) => {
    const end = walkObject(json, partStart, (valueStart, keyStart, keyEnd) => {
      const end = endOfValue(json, valueStart)
      const isImage = isKey(json, keyStart, keyEnd, 'image_url')
      if (end === NOT_JSON || !(isImage || OTHERS.some((name) => isKey(json, keyStart, keyEnd, name)))) return end
      found[isImage ? 'images' : 'others']++
      found.bytes += end - valueStart
      return end
    })
    return end === NOT_JSON ? endOfValue(json, partStart) : end // a part that is no object
  })
  return end === NOT_JSON ? endOfValue(json, start) : end
}

const OPEN_LIST = 0x5b
