import type { RouteExplanation } from '../../wire/route-explanation.ts'
import { duration, usd } from '../format.ts'
import { Table } from './table.tsx'

/** Whom a request would go to, in order, and why; who is passed over, and why. */
export function Route({ route }: { route: RouteExplanation }) {
  const { means, targets, skipped, models, estimates } = route
  return (
    <>
      <p>
        {route.asked === null ? 'Naming no model' : `"${route.asked}"`} means <strong>{means.ref}</strong> ({means.as}).
        The prompt is about {estimates.promptTokens} tokens, the answer about {estimates.answerTokens}.
      </p>
      <ol>
        {targets.map(({ target, breaker }) => (
          <li key={target}>
            {target}
            {breaker !== 'closed' && <span class="failed"> (passed over just now: it failed repeatedly)</span>}
          </li>
        ))}
      </ol>
      {skipped.length > 0 && <Dropped title="Left out of the chain" drops={skipped} />}
      {models.map((model) => (
        <Model key={model.ref} model={model} />
      ))}
    </>
  )
}

function Model({ model }: { model: RouteExplanation['models'][number] }) {
  const { ref, resolvedBy, rankedBy, candidates, dropped, firstBecause } = model
  return (
    <details>
      <summary>
        {ref}:{' '}
        {resolvedBy === 'own' ? `chosen here${rankedBy ? `, by ${rankedBy}` : ''}` : 'the router chooses the provider'}
      </summary>
      {firstBecause && <p>{firstBecause}</p>}
      {candidates.length > 0 && (
        <Table
          caption={`Candidates for ${ref}`}
          rows={candidates}
          keyOf={({ target }) => target}
          columns={[
            { title: 'Target', cell: ({ target }) => target },
            {
              title: 'Cost',
              cell: ({ estimatedUsd }) => (estimatedUsd === null ? '-' : usd(estimatedUsd)),
              isNumber: true,
            },
            { title: 'First token', cell: ({ firstTokenMs }) => duration(firstTokenMs), isNumber: true },
            { title: 'Tokens a second', cell: ({ tokensPerSecond }) => Math.round(tokensPerSecond), isNumber: true },
            { title: 'Failures', cell: ({ failureShare }) => `${(failureShare * 100).toFixed(1)} %`, isNumber: true },
            { title: 'Set back by', cell: ({ setBack }) => setBack.join(', ') },
          ]}
        />
      )}
      {dropped.length > 0 && <Dropped title="Not asked" drops={dropped} />}
    </details>
  )
}

function Dropped({ title, drops }: { title: string; drops: RouteExplanation['skipped'] }) {
  return (
    <>
      <p>{title}:</p>
      <ul>
        {drops.map(({ target, because }) => (
          <li key={target}>
            {target}: {because}
          </li>
        ))}
      </ul>
    </>
  )
}
