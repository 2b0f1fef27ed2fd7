/** Bytes as lower-case hex digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Bytes as base64 that may stand in a URL, a cookie or a name; without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** The other way; nothing where it is not such a text. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]+$/.test(text) || text.length % 4 === 1) return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** More of a text tells no conversation apart that less did not. */
const HASHED_BYTES = 8_192

/** A short name for bytes, by their length and their beginning (FNV-1a twice); not for secrets, and not against forgery. */
export function hashOf(bytes: Uint8Array): string {
  let [low, high] = [0x811c9dc5, 0x01000193]
  for (let at = 0; at < bytes.byteLength && at < HASHED_BYTES; at++) {
    const byte = bytes[at] ?? 0
    low = Math.imul(low ^ byte, 0x01000193)
    high = Math.imul(high ^ byte, 0x85ebca6b)
  }
  return `${(low >>> 0).toString(36)}-${(high >>> 0).toString(36)}-${bytes.byteLength}`
}
