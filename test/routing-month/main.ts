import { parseArgs } from 'node:util'
import { modelsWithChoice } from './catalogue.ts'
import { type Chooser, type Month, type Policy, playMonth } from './month.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    'requests-per-day': { type: 'string', default: '2000' },
    isolates: { type: 'string', default: '4' },
  },
})

const models = modelsWithChoice(12)
const options = {
  seed: Number(values.seed),
  days: 30,
  requestsPerDay: Number(values['requests-per-day']),
  isolates: Number(values.isolates),
  models,
}
const ms = (value: number) => `${Math.round(value).toLocaleString('en-US')} ms`
const row = (policy: Policy, chooser: Chooser, month: Month) =>
  [
    `${policy}, ${chooser}`,
    `$${month.usd.toFixed(2)} ($${month.usdInCalm.toFixed(3)})`,
    `${ms(month.firstToken.p50)} / ${ms(month.firstToken.p95)}`,
    `${ms(month.firstTokenInDecline.p50)} / ${ms(month.firstTokenInDecline.p95)}`,
    `${ms(month.wholeAnswer.p50)} / ${ms(month.wholeAnswer.p95)}`,
    String(month.failedAttempts),
    String(month.lost),
    `${month.changesInCalm.toFixed(2)} / ${month.changesADay.toFixed(2)}`,
    `${(month.shareBefore * 100).toFixed(0)} % -> ${(month.shareInDecline * 100).toFixed(0)} %`,
  ].join(' | ')

console.log(`${models.length} models, ${options.requestsPerDay * options.days} requests, seed ${options.seed}`)
console.log(
  '| | money (a thousand while all are well) | first token p50 / p95 | in the decline | whole answer | failed attempts | lost | changes a day, while all are well / in all | the declining one asked first |',
)
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
for (const policy of ['fastest', 'cheapest'] as const) {
  for (const chooser of ['router', 'hugway'] as const)
    console.log(`| ${row(policy, chooser, playMonth({ ...options, policy, chooser }))} |`)
}
