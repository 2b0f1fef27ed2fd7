import { answerExchange } from '../../src/core/limits/answer-exchange.ts'
import type { Amounts, ExchangeAnswer, ExchangeCall, Scope, ScopeBounds } from '../../src/core/limits/exchange.ts'
import type { LedgerRows } from '../../src/core/limits/ledger-rows.ts'
import { periodOf } from '../../src/core/limits/period.ts'
import { foldOverdue } from '../../src/core/limits/settle-lease.ts'
import { type BookDeps, bookRecord, giveBack } from '../../src/gateway/usage/book.ts'
import { acquire, type Bounded, renewAhead } from '../../src/gateway/usage/lease-desk.ts'
import { createLeaseMemory, type LeaseMemory } from '../../src/isolate/leases.ts'
import { bookingOf } from '../core/limits/support/ledger.ts'
import { createMemoryRows, type MemoryRows } from '../core/limits/support/memory-rows.ts'
import { createRandom } from '../matrix/random.ts'
import { createVirtualTime, type VirtualTime } from './virtual-time.ts'

/** Which rule the owner goes by: ours, or one of the two that look right. */
export type Rule = 'ours' | 'returns_what_was_lost' | 'waits_for_the_lease_alone'

export type Scenario = {
  readonly seed: number
  readonly rule: Rule
  readonly isolates: number
  readonly requestsPerSecond: number
  readonly seconds: number
  readonly keys: number
  /** In nanodollars: of the project a month, of each key a day. Absent: none. */
  readonly projectBudget?: number
  readonly keyBudget?: number
  readonly limits?: { readonly requestsPerMinute?: number; readonly concurrent?: number }
  /** Chances for each request: that its isolate dies under it. For each call: that it or its answer is lost, or comes twice. */
  readonly crash: number
  /** Chance for each request: that what it does behind its answer is ended by the runtime, some time in the first seconds. */
  readonly ending: number
  readonly loss: number
  readonly repeat: number
  /** How long a request may take, in milliseconds. */
  readonly longestMs: number
  /** The most that a request may cost, in nanodollars; it is what is reserved. */
  readonly reserve: number
}

export type Outcome = {
  readonly requests: number
  readonly served: number
  readonly refused: number
  readonly crashes: number
  readonly calls: number
  /** Requests that had to wait for a call, of those that were served. */
  readonly waited: number
  /** By how much a budget was overshot at worst, as a part of it; 0 is what is promised. */
  readonly overshoot: number
  /** Starts in the worst minute over those that the rate allows; requests at once over those allowed. */
  readonly rateOvershoot: number
  readonly slotOvershoot: number
  /** Accounts whose limit was looked at. */
  readonly accounts: number
  /** Whether what was booked is what the requests that ended cost. */
  readonly isLedgerTrue: boolean
  /** Records of isolates that lived that are not in the ledger, once each has served one request more. */
  readonly lost: number
  readonly spentPart: number
}

type World = {
  readonly scenario: Scenario
  readonly time: VirtualTime
  readonly random: () => number
  readonly rows: MemoryRows
  readonly owner: LedgerRows
  readonly grantedAt: Map<string, number>
  /** What was truly spent, by account. */
  readonly trueCosts: Map<string, { limit: number; cost: number }>
  readonly starts: number[]
  readonly counts: { requests: number; served: number; refused: number; crashes: number; calls: number; waited: number }
  readonly ended: { cost: number }
  atOnce: { now: number; most: number }
  ids: number
}

type Isolate = {
  readonly leases: LeaseMemory
  readonly skewMs: number
  /** Records of requests that ended in it. */
  readonly records: string[]
  isDead: boolean
}
/** What one request of an isolate works with; nothing of it goes on once the runtime has ended it. */
type RequestLife = { readonly deps: BookDeps; isEnded: boolean }

/** Shortly before a midnight that ends a month: budgets of a day and of a month change in the middle of each run. */
const START = Date.UTC(2026, 10, 30, 23, 59, 0)
const RULES = { alertAt: [80, 100], keepEventsDays: 35 }
const CALL_LIMIT_MS = 2_000
const LONGEST_SKEW_MS = 3_600_000

/** Plays one scenario in virtual time, with the very code that runs in isolates and in the object. */
export async function play(scenario: Scenario): Promise<Outcome> {
  const rows = createMemoryRows()
  const world: World = {
    scenario,
    time: createVirtualTime(START),
    random: createRandom(scenario.seed),
    rows,
    owner: underRule(rows, scenario.rule),
    grantedAt: new Map(),
    trueCosts: new Map(),
    starts: [],
    counts: { requests: 0, served: 0, refused: 0, crashes: 0, calls: 0, waited: 0 },
    ended: { cost: 0 },
    atOnce: { now: 0, most: 0 },
    ids: 0,
  }
  const isolates = Array.from({ length: scenario.isolates }, () => createIsolate(world))
  const endAt = START + scenario.seconds * 1_000
  const arrive = () => {
    if (world.time.now() >= endAt) return
    const index = Math.floor(world.random() * isolates.length)
    const isolate = isolates[index] ?? createIsolate(world)
    void request(world, isolate).then((died) => {
      if (died) isolates[index] = createIsolate(world)
    })
    world.time.at(-Math.log(1 - world.random()) * (1_000 / scenario.requestsPerSecond), arrive)
  }
  world.time.at(0, arrive)
  for (let ms = 0; ms < scenario.seconds * 1_000; ms += 60_000) {
    world.time.at(ms, () => void foldOverdue(world.owner, 100, world.time.now()))
  }
  await world.time.runUntil(endAt + scenario.longestMs + 60_000)
  const living = isolates.filter(({ isDead }) => !isDead)
  for (let turn = 0; turn < 2; turn++) {
    for (const isolate of living) void bookRecord(lifeIn(world, isolate).deps, 'p', RULES, bookingOf(undefined, 0))
    await world.time.runUntil(world.time.now() + 60_000)
  }
  const lost = living.flatMap(({ records }) => records).filter((id) => !rows.bookings.has(id)).length
  return { ...judge(world), lost }
}

function createIsolate({ random }: World): Isolate {
  const skewMs = (random() - 0.5) * 2 * LONGEST_SKEW_MS
  return { leases: createLeaseMemory(), skewMs, records: [], isDead: false }
}

function lifeIn(world: World, isolate: Isolate): RequestLife {
  const isOver = () => isolate.isDead || life.isEnded
  const life: RequestLife = {
    isEnded: false,
    deps: {
      leases: isolate.leases,
      clock: world.time.clock(isolate.skewMs, isOver),
      newId: () => `id ${world.ids++}`,
      exchange: (_project, call) => exchange(world, isOver, call),
      tellAlerts: async () => {},
    },
  }
  return life
}

/** @returns Whether its isolate died of it. */
async function request(world: World, isolate: Isolate): Promise<boolean> {
  const { scenario, time, random, counts } = world
  counts.requests += 1
  const keyId = `k${Math.floor(random() * scenario.keys)}`
  const size = 0.2 + 0.8 * random()
  const need: Amounts = { nanoUsd: Math.ceil(scenario.reserve * size), requests: 1, tokens: 0, slots: 1 }
  const bounded = boundsOf(world, keyId)
  const isMoneyBound = scenario.projectBudget !== undefined || scenario.keyBudget !== undefined
  const taken = { ...need, nanoUsd: isMoneyBound ? need.nanoUsd : 0, slots: scenario.limits?.concurrent ? 1 : 0 }
  const life = lifeIn(world, isolate)
  const { deps } = life
  const came = time.now()
  const acquired = await acquire(deps, bounded, taken, Math.ceil(taken.nanoUsd / 4))
  if (acquired.kind !== 'drawn') {
    counts.refused += 1
    return false
  }
  const { pool, draw } = acquired
  counts.served += 1
  if (time.now() > came) counts.waited += 1
  void renewAhead(deps, bounded, pool, draw)
  void giveBack(deps, bounded, pool)
  // The worst that a provider may report is common here: the whole of the reserve.
  const cost = random() < 0.3 ? draw.amounts.nanoUsd : Math.floor(draw.amounts.nanoUsd * random())
  spend(world, draw.lease.id, keyId, cost)
  world.starts.push(time.now())
  world.atOnce.now += 1
  world.atOnce.most = Math.max(world.atOnce.most, world.atOnce.now)
  const durationMs = random() < 0.05 ? scenario.longestMs * random() : 500 + 4_000 * random()
  const died = random() < scenario.crash
  await new Promise<void>((resolve) => time.at(died ? durationMs * random() : durationMs, resolve))
  world.atOnce.now -= 1
  if (isolate.isDead) return false
  if (died) {
    counts.crashes += 1
    isolate.isDead = true
    return true
  }
  world.ended.cost += cost
  const { lease, amounts: reserved } = draw
  const id = `booking ${lease.id} ${world.ids} ${time.now()} ${cost}`
  const booking = bookingOf(lease.id, cost, { id, keyId, reserved, startedAt: time.now() })
  isolate.records.push(id)
  const end = () => {
    life.isEnded = true
  }
  if (random() < scenario.ending) time.at(5_000 * random(), end)
  await bookRecord(deps, 'p', RULES, booking, draw)
  return false
}

function boundsOf({ scenario }: World, keyId: string): Bounded {
  const bounds: ScopeBounds[] = [
    {
      scope: 'project',
      ...(scenario.projectBudget !== undefined && {
        budget: { nanoUsd: scenario.projectBudget, per: 'month', timeZone: 'UTC' },
      }),
      ...(scenario.limits && { limits: scenario.limits }),
    },
    {
      scope: `key:${keyId}`,
      ...(scenario.keyBudget !== undefined && {
        budget: { nanoUsd: scenario.keyBudget, per: 'day', timeZone: 'UTC' },
      }),
    },
  ]
  return { project: 'p', keyId, bounds, rules: RULES, longestMs: scenario.longestMs }
}

/** A call on its way to the object and back: late, lost on either way, or heard twice. */
function exchange(world: World, isOver: () => boolean, call: ExchangeCall): Promise<ExchangeAnswer | undefined> {
  const { time, random, scenario, counts } = world
  const latency = () => (random() < 0.02 ? 3_000 * random() : 2 + 30 * random())
  const hear = () => {
    counts.calls += 1
    const answer = answerExchange(world.owner, call, time.now())
    const id = call.ask?.id
    const granted = id === undefined ? undefined : world.rows.lease(id)
    if (id !== undefined && granted) world.grantedAt.set(id, granted.grantedAt)
    return answer
  }
  return new Promise((resolve) => {
    const answerTo = (answer: ExchangeAnswer | undefined) => {
      if (!isOver()) resolve(answer)
    }
    time.at(CALL_LIMIT_MS, () => answerTo(undefined))
    if (random() < scenario.loss) return
    time.at(latency(), () => {
      const answer = hear()
      if (random() < scenario.repeat) time.at(latency(), hear)
      if (random() >= scenario.loss) time.at(latency(), () => answerTo(answer))
    })
  })
}

/** The worst case is counted at once: whoever dies afterwards has spent it all the same. */
function spend(world: World, leaseId: string, keyId: string, cost: number): void {
  const { scenario, trueCosts, grantedAt } = world
  const at = grantedAt.get(leaseId) ?? 0
  const add = (scope: Scope, per: 'day' | 'month', limit: number | undefined) => {
    if (limit === undefined) return
    const name = `${scope} ${periodOf(per, 'UTC', at).id}`
    const account = trueCosts.get(name) ?? { limit, cost: 0 }
    account.cost += cost
    trueCosts.set(name, account)
  }
  add('project', 'month', scenario.projectBudget)
  add(`key:${keyId}`, 'day', scenario.keyBudget)
}

function underRule(rows: MemoryRows, rule: Rule): LedgerRows {
  if (rule === 'ours') return rows
  const held: LedgerRows['held'] = (...args) => ({ ...rows.held(...args), lostNanoUsd: 0 })
  const overdue: LedgerRows['overdue'] = () => []
  if (rule === 'returns_what_was_lost') return { ...rows, held, overdue }
  const putLease: LedgerRows['putLease'] = (row) => {
    const usableMs = row.answer.kind === 'granted' ? row.answer.usableMs : 0
    rows.putLease({ ...row, deadlineAt: row.grantedAt + usableMs })
  }
  return { ...rows, held, overdue, putLease }
}

function judge({ scenario, rows, trueCosts, starts, counts, ended, atOnce }: World): Omit<Outcome, 'lost'> {
  const parts = [...trueCosts.values()].map(({ cost, limit }) => cost / limit)
  const booked = [...rows.bookings.values()].reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0)
  const { requestsPerMinute, concurrent } = scenario.limits ?? {}
  return {
    ...counts,
    overshoot: Math.max(0, ...parts.map((part) => part - 1)),
    rateOvershoot: requestsPerMinute === undefined ? 0 : worstMinute(starts) / requestsPerMinute,
    slotOvershoot: concurrent === undefined ? 0 : atOnce.most / concurrent,
    accounts: trueCosts.size,
    isLedgerTrue: booked <= ended.cost,
    spentPart: Math.max(0, ...parts),
  }
}

function worstMinute(starts: readonly number[]): number {
  let most = 0
  let from = 0
  for (const [index, at] of starts.entries()) {
    while ((starts[from] ?? at) <= at - 60_000) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}
