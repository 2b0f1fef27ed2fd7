import { answerExchange } from '../../src/core/limits/answer-exchange.ts'
import { CALL_LIMIT_MS } from '../../src/core/limits/exchange.ts'
import type { LedgerRows } from '../../src/core/limits/ledger-rows.ts'
import { foldOverdue } from '../../src/core/limits/settle-lease.ts'
import { bookRecord } from '../../src/gateway/usage/book.ts'
import { bookingOf } from '../core/limits/support/ledger.ts'
import { createMemoryRows, type MemoryRows } from '../core/limits/support/memory-rows.ts'
import { createRandom } from '../matrix/random.ts'
import { createChild } from './child.ts'
import { createIsolate, type Isolate, lifeIn, request } from './isolate.ts'
import { judge } from './judge.ts'
import { sendOver } from './network.ts'
import type { Outcome, Rule, Scenario } from './scenario.ts'
import { createVirtualTime } from './virtual-time.ts'
import { type Child, PROJECT, RULES, type World, wayOf } from './world.ts'

/** Shortly before a midnight that ends a month: budgets of a day and of a month change in the middle of each run. */
const START = Date.UTC(2026, 10, 30, 23, 59, 0)

/** Plays one scenario in virtual time, with the very code that runs in isolates and in the object. */
export async function play(scenario: Scenario): Promise<Outcome> {
  const world = createWorld(scenario)
  const { time, random } = world
  const isolates = Array.from({ length: scenario.isolates }, (_, index) => createIsolate(world, index))
  const endAt = START + scenario.seconds * 1_000
  const arrive = () => {
    if (time.now() >= endAt) return
    const index = Math.floor(random() * isolates.length)
    const isolate: Isolate = isolates[index] ?? createIsolate(world, index)
    void request(world, isolate).then((died) => {
      if (died) isolates[index] = createIsolate(world, index)
    })
    time.at(-Math.log(1 - random()) * (1_000 / scenario.requestsPerSecond), arrive)
  }
  time.at(0, arrive)
  planRestarts(world)
  const owner = underRule(world.rows, scenario.rule)
  for (let ms = 0; ms < scenario.seconds * 1_000; ms += 60_000) {
    time.at(ms, () => void foldOverdue(owner, 100, time.now()))
  }
  await time.runUntil(endAt + scenario.longestMs + 60_000)
  return { ...judge(world), lost: await countLost(world, isolates) }
}

/** Records of isolates that live which nobody has booked, once each isolate has served one request more. */
async function countLost(world: World, isolates: readonly Isolate[]): Promise<number> {
  const { time, rows, children } = world
  const living = isolates.filter(({ isDead }) => !isDead)
  for (let turn = 0; turn < 2; turn++) {
    for (const isolate of living) void bookRecord(lifeIn(world, isolate).deps, PROJECT, RULES, bookingOf(undefined, 0))
    await time.runUntil(time.now() + 60_000)
  }
  const isBooked = (id: string) => rows.bookings.has(id) || children.some((child) => child.hasBooked(id))
  return living.flatMap(({ records }) => records).filter((id) => !isBooked(id)).length
}

function createWorld(scenario: Scenario): World {
  const rows = createMemoryRows()
  const owner = underRule(rows, scenario.rule)
  const time = createVirtualTime(START, (done) => process.nextTick(done))
  const random = createRandom(scenario.seed)
  const children: Child[] = []
  const world: World = {
    scenario,
    time,
    random,
    rows,
    children,
    grantedAt: new Map(),
    trueCosts: new Map(),
    starts: [],
    waits: [],
    counts: {
      requests: 0,
      served: 0,
      refused: 0,
      crashes: 0,
      restarts: 0,
      measuredServed: 0,
      measuredCalls: 0,
      endedCost: 0,
    },
    isMeasured: () =>
      time.now() >= START + scenario.warmUpSeconds * 1_000 && time.now() < START + scenario.seconds * 1_000,
    atOnce: { now: 0, most: 0 },
    ids: 0,
    askRoot(call, isDead) {
      const hear = () => {
        if (world.isMeasured()) world.counts.measuredCalls += 1
        const answer = answerExchange(owner, call, time.now())
        const id = call.ask?.id
        const granted = id === undefined ? undefined : rows.lease(id)
        if (id !== undefined && granted) world.grantedAt.set(id, granted.grantedAt)
        return answer
      }
      return sendOver(world, wayOf(world, scenario.awayMs), { hear, isDead, limitMs: CALL_LIMIT_MS })
    },
  }
  for (let index = 0; index < (scenario.children?.count ?? 0); index++) children.push(createChild(world))
  return world
}

function planRestarts({ scenario: { children: plan, seconds }, time, random, children, counts }: World): void {
  if (!plan) return
  const plans = (aMinute: number, storage: 'kept' | 'gone') => {
    for (let left = Math.round((aMinute * seconds) / 60); left > 0; left--) {
      time.at(random() * seconds * 1_000, () => {
        counts.restarts += 1
        children[Math.floor(random() * children.length)]?.restart(storage)
      })
    }
  }
  plans(plan.restartsAMinute, 'kept')
  plans(plan.lossesAMinute, 'gone')
}

function underRule(rows: MemoryRows, rule: Rule): LedgerRows {
  if (rule !== 'returns_what_was_lost' && rule !== 'waits_for_the_lease_alone') return rows
  const held: LedgerRows['held'] = (...args) => ({ ...rows.held(...args), lostNanoUsd: 0 })
  const overdue: LedgerRows['overdue'] = () => []
  if (rule === 'returns_what_was_lost') return { ...rows, held, overdue }
  const putLease: LedgerRows['putLease'] = (row) => {
    const usableMs = row.answer.kind === 'granted' ? row.answer.usableMs : 0
    rows.putLease({ ...row, deadlineAt: row.grantedAt + usableMs })
  }
  return { ...rows, held, overdue, putLease }
}
