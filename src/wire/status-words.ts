/** The members that every failure has. */
export type StatusWords = {
  readonly status: number
  readonly type: string
  readonly code: string
  readonly message: string
}

/** Something that the caller can put right. */
export const invalid = (status: number, code: string, message: string): StatusWords => ({
  status,
  type: 'invalid_request_error',
  code,
  message,
})

/** Something that the caller cannot put right. */
export const server = (status: number, code: string, message: string): StatusWords => ({
  status,
  type: 'server_error',
  code,
  message,
})
