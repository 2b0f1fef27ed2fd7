import type { UsageRequest } from '../../wire/admin/usage.ts'
import { count, duration, END_WORDS, money, time } from '../format.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Fact } from '../parts/fact.tsx'
import { RouteExplained } from './route-explained.tsx'

/** Everything that is known of one request; what was asked and answered is not, it is never kept. */
export function RequestDetail({ request, onClose }: { request: UsageRequest; onClose: () => void }) {
  const { usage, failedAttempts } = request
  return (
    <Dialog title={`Request ${request.requestId}`} onClose={onClose} isToRead>
      <dl class="facts">
        <Fact name="Came">{time(request.at)}</Fact>
        <Fact name="Ended">
          {END_WORDS[request.end] ?? request.end}
          {request.errorCode && ` (${request.errorCode})`}
        </Fact>
        <Fact name="Key">
          {request.keyName ?? request.key}, project {request.project}
        </Fact>
        <Fact name="Asked for">
          {request.askedModel ?? 'nothing, so the primary'} over {request.surface}
          {request.stream ? ', streamed' : ''}
        </Fact>
        <Fact name="Went to">
          {request.model ?? 'nobody'}
          {request.provider && ` at ${request.provider}`}
        </Fact>
        <Fact name="Times">
          {request.firstTokenMs !== null && `first token after ${duration(request.firstTokenMs)}, `}
          all of it {duration(request.durationMs)}
        </Fact>
        <Fact name="Tokens">
          {usage
            ? `${count(usage.promptTokens)} in (${count(usage.cachedTokens ?? 0)} cached), ${count(usage.completionTokens)} out (${count(usage.reasoningTokens ?? 0)} reasoning)${request.estimated ? ', counted from bytes' : ''}`
            : 'not told'}
        </Fact>
        <Fact name="Cost">{request.costNanoUsd === null ? 'no price is known' : money(request.costNanoUsd)}</Fact>
        <Fact name="Configuration">{request.configVersion}</Fact>
        {request.rehearsed && <Fact name="Rehearsed">{request.rehearsed}: the fault was planted here</Fact>}
        {request.upstreamRequestId && <Fact name="The router’s id">{request.upstreamRequestId}</Fact>}
      </dl>
      <h3>{request.attempts === 1 ? 'One attempt' : `${request.attempts} attempts`}</h3>
      {failedAttempts.length === 0 ? (
        <p>None failed.</p>
      ) : (
        <ol>
          {failedAttempts.map(({ target, reason }, index) => (
            <li key={`${target}${index}`}>
              {target}: <span class="failed">{reason.replaceAll('_', ' ')}</span>
            </li>
          ))}
        </ol>
      )}
      <RouteExplained model={request.askedModel} />
    </Dialog>
  )
}
