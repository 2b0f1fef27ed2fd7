import {
  type Answer,
  type CompletionAnswer,
  DEFAULT_MOMENT,
  type Fault,
  type FaultName,
  type RawAnswer,
} from './answer.ts'
import { type Content, chooseContent } from './content.ts'
import { chooseUsage } from './content-faults.ts'
import type { Draft, PlanContext } from './draft.ts'
import { FAULTS } from './faults.ts'
import { BAD_BYTES_MARK } from './framing.ts'
import { planJson } from './plan-json.ts'
import { planReplacement } from './plan-replacement.ts'
import { planStream } from './plan-stream.ts'
import { DESTROY, END, HANG, type Headers, RESET, type Step, send, splitEveryByte, wait } from './steps.ts'

/** Compiles an answer to the steps that play it. Pure: no clock, no I/O, no chance. */
export function planAnswer(answer: Answer, context: PlanContext): Step[] {
  if (isList(answer)) return planCompletion({}, answer, context)
  if ('fault' in answer) return planCompletion({}, [answer], context)
  if (answer.kind === 'raw') return planRaw(answer)
  return planCompletion(answer, answer.faults ?? [], context)
}

function planCompletion(options: Partial<CompletionAnswer>, faults: readonly Fault[], context: PlanContext): Step[] {
  const names = new Set<FaultName>(faults.map(({ fault }) => fault))
  const provider = options.provider ?? context.provider
  const headers: Headers =
    'x-inference-provider' in context.headers
      ? { ...context.headers, 'x-inference-provider': provider }
      : context.headers
  const replacement = faults.find(({ fault }) => FAULTS[fault].group === 'replace')
  if (replacement) return planReplacement(replacement, context.chat, headers)

  const content = chooseContent(context.chat, provider, options, faults, context.id)
  const draft: Draft = {
    content: names.has('invalid_utf8') ? spoil(content) : content,
    context,
    usage: chooseUsage(faults, options.usage, context.chat.stream ? context.chat.includeUsage : true),
    faults,
    framing: names,
    headers,
    breaking: findBreaking(faults),
    delays: chooseDelays(options, faults, context),
  }
  const stream = names.has('stream_for_json') || (context.chat.stream && !names.has('json_for_stream'))
  const steps = stream ? planStream(draft) : planJson(draft)
  return names.has('split_every_byte') ? splitEveryByte(steps) : steps
}

function planRaw({ status = 200, headers = {}, chunks, delayMs = 0, then = 'end' }: RawAnswer): Step[] {
  const last: Record<NonNullable<RawAnswer['then']>, readonly Step[]> = {
    end: [END],
    destroy: DESTROY,
    reset: RESET,
    hang: [HANG],
  }
  return [{ do: 'head', status, headers }, ...chunks.flatMap((chunk) => [...wait(delayMs), send(chunk)]), ...last[then]]
}

function findBreaking(faults: readonly Fault[]): Draft['breaking'] {
  const fault = faults.find(({ fault: name }) => FAULTS[name].group === 'break' || FAULTS[name].group === 'insert')
  if (!fault) return undefined
  return { ...fault, moment: fault.fault === 'no_headers' ? 'before_headers' : (fault.moment ?? DEFAULT_MOMENT) }
}

const SLOW = { firstTokenMs: 2000, perTokenMs: 200 } as const

function chooseDelays(
  options: Partial<CompletionAnswer>,
  faults: readonly Fault[],
  context: PlanContext,
): Draft['delays'] {
  const slow = faults.find(({ fault }) => fault === 'slow')
  const common = options.delayMs ?? faults.find(({ delayMs }) => delayMs !== undefined)?.delayMs ?? context.tokenDelayMs
  if (!slow) return { headersMs: 0, firstTokenMs: common, perTokenMs: common }
  return {
    headersMs: slow.headersMs ?? 0,
    firstTokenMs: slow.firstTokenMs ?? SLOW.firstTokenMs,
    perTokenMs: slow.perTokenMs ?? slow.delayMs ?? SLOW.perTokenMs,
  }
}

function spoil(content: Content): Content {
  const mark = (tokens: readonly string[]) =>
    tokens.map((token, index) => (index === 0 ? token + BAD_BYTES_MARK : token))
  const { toolCall } = content
  if (content.text.length > 0 || !toolCall) return { ...content, text: mark(content.text) }
  return { ...content, toolCall: { ...toolCall, argumentParts: mark(toolCall.argumentParts) } }
}

function isList(answer: Answer): answer is readonly Fault[] {
  return Array.isArray(answer)
}
