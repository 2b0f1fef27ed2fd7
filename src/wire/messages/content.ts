import { type Fields, isFields } from '../chat/chunk.ts'
import type { ContentPart } from '../chat/conversation.ts'
import { fieldsAt, listAt, refuse, textAt } from '../refuse.ts'

/** A block and where it stands, for errors. */
export type Block = { readonly type: string; readonly fields: Fields; readonly path: string }

/** Reads content, a text or blocks, as blocks. @throws {GatewayError} Naming what is no block. */
export function readBlocks(content: unknown, path: string): Block[] {
  if (typeof content === 'string') return [{ type: 'text', fields: { text: content }, path }]
  return listAt(content, path).map((value, index) => {
    const at = `${path}[${index}]`
    const fields = fieldsAt(value, at)
    return { type: textAt(fields, 'type', at), fields, path: at }
  })
}

/** A block that a user's message or a tool's result may hold. @throws {GatewayError} Naming a block that cannot be passed on. */
export function toParts({ type, fields, path }: Block): ContentPart[] {
  switch (type) {
    case 'text':
      return toText(fields['text'], path)
    case 'image':
      return [toImage(fields['source'], path)]
    case 'document':
      return toDocument(fields, path)
    case 'search_result':
      return readBlocks(fields['content'] ?? [], `${path}.content`).flatMap(toParts)
    case 'tool_reference':
      return [{ type: 'text', text: `Tool ${String(fields['tool_name'])} is available now.` }]
    default:
      return refuse(path, `a block of type ${JSON.stringify(type)} cannot be passed on. Send text or image blocks.`)
  }
}

function toText(text: unknown, path: string): ContentPart[] {
  if (typeof text !== 'string') return refuse(`${path}.text`, 'must be a text.')
  return text === '' ? [] : [{ type: 'text', text }]
}

function toImage(source: unknown, path: string): ContentPart {
  const { type, url, media_type: mediaType, data } = isFields(source) ? source : {}
  if (type === 'url' && typeof url === 'string') return { type: 'image_url', image_url: { url } }
  if (type === 'base64' && typeof mediaType === 'string' && typeof data === 'string') {
    return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } }
  }
  return refuse(
    `${path}.source`,
    'this gateway keeps no files: send the image as base64 with its media_type, or as a url.',
  )
}

function toDocument({ source, title }: Fields, path: string): ContentPart[] {
  const { type, data, content } = isFields(source) ? source : {}
  const heading: ContentPart[] = typeof title === 'string' && title !== '' ? [{ type: 'text', text: title }] : []
  if (type === 'text' && typeof data === 'string') return [...heading, { type: 'text', text: data }]
  if (type === 'content') {
    return [...heading, ...readBlocks(content, `${path}.source.content`).flatMap(toParts)]
  }
  return refuse(`${path}.source`, 'a document can be passed on only as text. Send its text, or images of its pages.')
}
