/** What the body of a chat is made of. */
export type BodyKind = 'chat' | 'image'

const SENTENCES = [
  'The quick brown fox jumps over the lazy dog, and the dog says "no" in its own words.\n',
  'const answer = { "text": question, "tags": ["a\\b", "c"] } // code comes in chats as well\n',
  'Mesures, décisions et conséquences : ce que dit le texte.\n',
]
/** A turn of a long chat. */
const TURN_CHARS = 2_000

/**
 * The body of a chat completion of `bytes` bytes, give or take a few: a chat of many turns, quotes, escapes and
 * letters of other languages included, or one turn with an image as a data URL.
 */
export function chatBody(bytes: number, kind: BodyKind, more: Readonly<Record<string, unknown>>): string {
  const bodyOf = (messages: readonly object[]) => JSON.stringify({ ...more, temperature: 0.7, messages })
  const system = { role: 'system', content: 'Answer briefly.' }
  const left = bytes - Buffer.byteLength(bodyOf([system]))
  if (kind === 'image') return bodyOf([system, image(Math.max(0, left - 140))])
  const turns: { readonly role: string; readonly content: string }[] = []
  for (let used = 0; used < left - 40; ) {
    const turn = {
      role: turns.length % 2 === 0 ? 'user' : 'assistant',
      content: text(Math.min(TURN_CHARS, left - used - 40)),
    }
    used += Buffer.byteLength(JSON.stringify(turn)) + 1
    turns.push(turn)
  }
  return bodyOf([system, ...turns])
}

function image(chars: number): object {
  const url = `data:image/png;base64,${'iVBORw0KGgo/AAAANSUhEUg+'.repeat(Math.ceil(chars / 24)).slice(0, chars)}`
  return {
    role: 'user',
    content: [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url } },
    ],
  }
}

/** A text that takes about so many bytes as JSON. */
function text(bytes: number): string {
  let result = ''
  for (let at = 0, used = 0; used < bytes; at++) {
    const sentence = SENTENCES[at % SENTENCES.length] ?? ''
    used += Buffer.byteLength(JSON.stringify(sentence)) - 2
    result += used <= bytes ? sentence : sentence.slice(0, Math.max(0, bytes - used))
  }
  return result
}
