/**
 * Every name that a span carries, in one place: OpenTelemetry's conventions for generative AI are still in development, and
 * a new version of them is a change of this file. `hugway.*` is what they have no word for.
 */
export const NAMES = {
  operation: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  requestStream: 'gen_ai.request.stream',
  maxTokens: 'gen_ai.request.max_tokens',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cachedTokens: 'gen_ai.usage.cache_read.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  /** Seconds. */
  firstTokenSeconds: 'gen_ai.response.time_to_first_chunk',
  errorType: 'error.type',
  status: 'http.response.status_code',
  userId: 'user.id',
  serviceName: 'service.name',
  requestId: 'hugway.request.id',
  surface: 'hugway.surface',
  end: 'hugway.end',
  attempts: 'hugway.attempts',
  attemptIndex: 'hugway.attempt.index',
  backend: 'hugway.provider',
  upstreamRequestId: 'hugway.upstream.request.id',
  keyId: 'hugway.key.id',
  keyName: 'hugway.key.name',
  project: 'hugway.project',
  configVersion: 'hugway.config.version',
  costUsd: 'hugway.cost.usd',
  isEstimated: 'hugway.usage.estimated',
  rehearsed: 'hugway.rehearsed',
  lostSpans: 'hugway.telemetry.lost_spans',
} as const

/** What answers all the calls, in the conventions' list of providers there is no Hugging Face; any name may stand there. */
export const PROVIDER = 'huggingface'
