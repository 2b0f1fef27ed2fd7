import { isFields } from '../chat/chunk.ts'
import type { ContentPart } from '../chat/conversation.ts'
import { fieldsAt, listAt, refuse } from '../refuse.ts'

const TEXTS = ['input_text', 'output_text', 'text', 'summary_text', 'reasoning_text']

/** The content of a message or of a tool's output: a text, or parts. @throws {GatewayError} Naming the part. */
export function readContent(content: unknown, path: string): ContentPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return listAt(content, path).map((part, index) => readPart(part, `${path}[${index}]`))
}

/** The texts of content, one after the other. */
export function textOf(parts: readonly ContentPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function readPart(value: unknown, path: string): ContentPart {
  const part = fieldsAt(value, path)
  const { type, text, refusal } = part
  if (TEXTS.includes(String(type))) {
    return typeof text === 'string' ? { type: 'text', text } : refuse(`${path}.text`, 'must be a text.')
  }
  if (type === 'refusal') return { type: 'text', text: String(refusal ?? '') }
  if (type === 'input_image') return readImage(part['image_url'], part['detail'], path)
  return refuse(
    path,
    `a part of type ${JSON.stringify(type)} cannot be passed on. Send input_text, or input_image with image_url.`,
  )
}

function readImage(image: unknown, detail: unknown, path: string): ContentPart {
  const url = isFields(image) ? image['url'] : image
  if (typeof url !== 'string' || url === '') {
    return refuse(path, 'this gateway keeps no files: send the image as image_url, an address or a data: URL.')
  }
  return { type: 'image_url', image_url: { url, ...(typeof detail === 'string' && { detail }) } }
}
