import type { Failure } from '../core/failure.ts'
import { describeOwner } from '../core/limits/bound.ts'
import { quote } from '../core/quote.ts'
import { formatReset } from './rate-headers.ts'
import { invalid, type StatusWords, server } from './status-words.ts'

const KINDS = [
  'quota_exceeded',
  'rate_limited',
  'request_over_limit',
  'unpriced_model',
  'model_not_allowed',
  'ledger_unavailable',
] as const

/** What bounds of a key or its project refuse. */
export type LimitFailure = Extract<Failure, { kind: (typeof KINDS)[number] }>

/** Whether bounds refused it. */
export const isLimitFailure = (failure: Failure): failure is LimitFailure => KINDS.some((kind) => kind === failure.kind)

type LimitWords = StatusWords & { readonly param?: string; readonly headers?: Readonly<Record<string, string>> }

/** OpenClaw waits for up to a minute and goes to its next model at once for anything longer. */
const SHORT_WAIT_MS = 60_000

const WHAT = {
  requests: 'requests a minute',
  tokens: 'tokens a minute',
  concurrent: 'requests at once',
  held: 'money that other requests hold for the moment',
}

/**
 * Words for what a key or its project is bound to. Each begins with the words by which OpenClaw, its forks and its
 * predecessors choose between waiting, another model and giving up: they read the message as much as the status.
 */
export function describeLimitFailure(failure: LimitFailure): LimitWords {
  switch (failure.kind) {
    case 'quota_exceeded': {
      const { owner, limitUsd, per, resetsAt } = failure
      const budget = `the budget of ${describeOwner(owner)} (${limitUsd} USD ${per === 'total' ? 'in total' : `a ${per}`})`
      const until = resetsAt === undefined ? 'It does not reset' : `It resets at ${new Date(resetsAt).toISOString()}`
      const advice = 'ask the operator for more, or send less'
      return invalid(
        402,
        'insufficient_quota',
        `Payment Required: insufficient credits - ${budget} does not cover this request. ${until}; ${advice}.`,
      )
    }
    case 'rate_limited':
      return describeRate(failure)
    case 'request_over_limit': {
      const { owner, tokens, limit } = failure
      const message = `This request may take ${tokens} tokens, and ${describeOwner(owner)} has ${limit} a minute. Send less, or a smaller max_tokens.`
      return { ...invalid(400, 'request_over_limit', message), param: 'max_tokens' }
    }
    case 'unpriced_model': {
      const message = `No price is known for ${failure.models.join(', ')}, so a key with a budget cannot use it. The operator gives it one as cost: { input, output } of its row in models.providers.huggingface.models.`
      return { ...invalid(400, 'unpriced_model', message), param: 'model' }
    }
    case 'model_not_allowed': {
      const { model, owner, allowed } = failure
      const message = `The model "${quote(model)}" does not exist for ${describeOwner(owner)}, model not found. It may use: ${allowed.join(', ')}.`
      return { ...invalid(404, 'model_not_found', message), param: 'model' }
    }
    case 'ledger_unavailable':
      return server(
        503,
        'ledger_unavailable',
        `Service Unavailable: this key has limits, and ${UNAVAILABLE[failure.reason]}.`,
      )
  }
}

const UNAVAILABLE = {
  no_binding: 'this deployment has no ledger yet: deploy it again',
  no_answer: 'the ledger that counts them does not answer; send it again in a moment',
  no_prices: 'the prices of the models cannot be read; send it again in a moment',
}

function describeRate(failure: Extract<LimitFailure, { kind: 'rate_limited' }>): LimitWords {
  const { owner, what, perMinute, retryAfterMs } = failure
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000))
  const message = `Rate limit reached: too many requests - ${describeOwner(owner)} has no more ${WHAT[what]}. Try again in ${seconds} s.`
  return {
    status: 429,
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    message,
    headers: {
      'retry-after': String(seconds),
      'retry-after-ms': String(Math.max(1, Math.ceil(retryAfterMs))),
      ...(perMinute !== undefined && {
        [`x-ratelimit-limit-${what}`]: String(perMinute),
        [`x-ratelimit-remaining-${what}`]: '0',
        [`x-ratelimit-reset-${what}`]: formatReset(retryAfterMs),
      }),
      // Unlike the router's refusals, nobody has repeated this one yet.
      ...(retryAfterMs <= SHORT_WAIT_MS && { 'x-should-retry': 'true' }),
    },
  }
}
