import type { Fault, StatusVariant } from './answer.ts'

/** An error answer's body before it is written: `error` is a string (Hugging Face itself) or an object (providers). */
export type ErrorBody = {
  readonly error: string | Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

type Known = {
  readonly message: string
  readonly shape: 'string' | 'object'
  readonly type?: string
  readonly code?: string | null
  readonly param?: string
}

const invalid = (message: string, code: string | null = null, param?: string): Known => ({
  message,
  shape: 'object',
  type: 'invalid_request_error',
  code,
  ...(param === undefined ? {} : { param }),
})

const BY_STATUS: Readonly<Record<number, Known>> = {
  400: invalid('Invalid request: simulated validation error'),
  401: { message: 'Invalid username or password.', shape: 'string' },
  402: {
    message:
      'You have depleted your monthly included credits. Purchase pre-paid credits to continue using Inference Providers. Alternatively, subscribe to PRO to get 20x more included usage.',
    shape: 'string',
  },
  403: {
    message:
      'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user simulated-user',
    shape: 'string',
  },
  408: { message: 'Request timed out', shape: 'object', type: 'timeout', code: 'request_timeout' },
  409: { message: 'Conflict: the model is being reloaded', shape: 'object', type: 'conflict', code: 'conflict' },
  422: { message: 'Template error: template not found', shape: 'string', type: 'template_error' },
  500: { message: 'Internal server error', shape: 'object', type: 'server_error', code: null },
  502: { message: 'Bad gateway', shape: 'string' },
  503: {
    message: 'Service temporarily overloaded, try again later',
    shape: 'object',
    type: 'service_unavailable',
    code: 'overloaded',
  },
  504: { message: 'Gateway time-out', shape: 'string' },
  529: { message: 'Overloaded', shape: 'object', type: 'overloaded_error', code: 'overloaded' },
}

/** The default body for a status, in the shape that the router or its providers are known to use for it. */
export function statusBody(status: number, model: string, fault: Partial<Fault> = {}): ErrorBody {
  const known = describe(status, model, fault.variant)
  const message = fault.message ?? known.message
  const shape = fault.shape ?? known.shape
  if (shape === 'string')
    return { error: message, ...(known.type && known.shape === 'string' ? { error_type: known.type } : {}) }
  return {
    error: { message, type: known.type ?? 'server_error', param: known.param ?? null, code: known.code ?? null },
  }
}

/** An HTML page as a load balancer sends it, for `status`. */
export function htmlPage(status: number): string {
  return `<!DOCTYPE html>\n<html><head><title>${status} simulated page</title></head>\n<body><center><h1>${status} simulated page</h1></center><hr><center>CloudFront</center></body></html>\n`
}

function describe(status: number, model: string, variant: StatusVariant | undefined): Known {
  if (variant === 'model_not_supported') {
    return invalid(
      `The requested model '${model}' is not supported by any provider you have enabled.`,
      'model_not_supported',
      'model',
    )
  }
  if (variant === 'context_overflow' || (status === 413 && variant === undefined)) {
    const message = `This model's maximum context length is 131072 tokens. However, you requested 131500 tokens (131000 in the messages, 500 in the completion). Please reduce the length of the messages or completion.`
    return invalid(message, 'context_length_exceeded', 'messages')
  }
  if (variant === 'insufficient_quota') {
    return {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      shape: 'object',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    }
  }
  if (status === 404) return invalid(`The model \`${model}\` does not exist`, 'model_not_found')
  if (status === 429) {
    const message = `Rate limit reached for model \`${model}\` on tokens per minute (TPM): Limit 6000, Used 5900, Requested 300. Please try again in 1.98s.`
    return { message, shape: 'object', type: 'tokens', code: 'rate_limit_exceeded' }
  }
  return (
    BY_STATUS[status] ?? {
      message: `Simulated status ${status}`,
      shape: 'object',
      type: status >= 500 ? 'server_error' : 'invalid_request_error',
    }
  )
}
