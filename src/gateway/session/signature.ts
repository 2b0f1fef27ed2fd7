import { type SignaturePurpose, toSignedText } from '../../core/identity/session.ts'
import { fromBase64Url, toBase64Url } from '../../json/bytes.ts'

/** Signs short texts, and knows its own signatures. */
export type Signer = {
  /** `<payload>.<signature>` */
  sign(purpose: SignaturePurpose, payload: string): Promise<string>
  /** The payload, if the signature is this signer's and for this purpose. */
  open(purpose: SignaturePurpose, signed: string): Promise<string | undefined>
}

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' }
const MAX_CHARACTERS = 1_024
const encoder = new TextEncoder()

/** @param secret Another one knows none of the signatures that were made with this one. */
export function createSigner(secret: string): Signer {
  // Made anew each time: a key that is being imported in one request must not be awaited by another.
  const key = (use: 'sign' | 'verify') =>
    crypto.subtle.importKey('raw', encoder.encode(secret), ALGORITHM, false, [use])
  const bytesOf = (purpose: SignaturePurpose, payload: string) => encoder.encode(toSignedText(purpose, payload))
  return {
    async sign(purpose, payload) {
      const signature = await crypto.subtle.sign('HMAC', await key('sign'), bytesOf(purpose, payload))
      return `${payload}.${toBase64Url(new Uint8Array(signature))}`
    },
    async open(purpose, signed) {
      const dot = signed.lastIndexOf('.')
      const signature = fromBase64Url(signed.slice(dot + 1))
      if (dot < 1 || signed.length > MAX_CHARACTERS || !signature) return undefined
      const payload = signed.slice(0, dot)
      const isOurs = await crypto.subtle.verify('HMAC', await key('verify'), signature, bytesOf(purpose, payload))
      return isOurs ? payload : undefined
    },
  }
}
