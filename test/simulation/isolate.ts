import {
  type Amounts,
  CALL_LIMIT_MS,
  type ExchangeCall,
  type Scope,
  type ScopeBounds,
} from '../../src/core/limits/exchange.ts'
import { periodOf } from '../../src/core/limits/period.ts'
import { type BookDeps, bookRecord, giveBack } from '../../src/gateway/usage/book.ts'
import { acquire, type Bounded, renewAfter, renewAhead } from '../../src/gateway/usage/lease-desk.ts'
import { createLeaseMemory, type LeaseMemory } from '../../src/isolate/leases.ts'
import { bookingOf } from '../core/limits/support/ledger.ts'
import { sendOver } from './network.ts'
import { type Child, PROJECT, RULES, type World, wayOf } from './world.ts'

export type Isolate = {
  readonly leases: LeaseMemory
  readonly skewMs: number
  /** The child that is near. */
  readonly child: Child | undefined
  /** Records of requests that ended in it. */
  readonly records: string[]
  isDead: boolean
}

/** What one request of an isolate works with; nothing of it goes on once the runtime has ended it. */
type RequestLife = { readonly deps: BookDeps; isEnded: boolean }

const LONGEST_SKEW_MS = 3_600_000
const NEAR_MS = 20

/** @param index Where it stands decides which child is near. */
export function createIsolate({ random, children }: World, index: number): Isolate {
  const skewMs = (random() - 0.5) * 2 * LONGEST_SKEW_MS
  return { leases: createLeaseMemory(), skewMs, child: children[index % children.length], records: [], isDead: false }
}

export function lifeIn(world: World, isolate: Isolate): RequestLife {
  const isOver = () => isolate.isDead || life.isEnded
  const askChild = (near: Child, call: ExchangeCall) =>
    sendOver(world, wayOf(world, NEAR_MS), { hear: () => near.hear(call), isDead: isOver, limitMs: CALL_LIMIT_MS })
  const life: RequestLife = {
    isEnded: false,
    deps: {
      leases: isolate.leases,
      clock: world.time.clock(isolate.skewMs, isOver),
      newId: () => `id ${world.ids++}`,
      exchange: (_project, call) => (isolate.child ? askChild(isolate.child, call) : world.askRoot(call, isOver)),
      tellAlerts: async () => {},
    },
  }
  return life
}

/** @returns Whether its isolate died of it. */
export async function request(world: World, isolate: Isolate): Promise<boolean> {
  const { scenario, time, random, counts } = world
  counts.requests += 1
  const keyId = `k${Math.floor(random() * scenario.keys)}`
  const size = 0.2 + 0.8 * random()
  const isMoneyBound = scenario.projectBudget !== undefined || scenario.keyBudget !== undefined
  const need: Amounts = {
    nanoUsd: isMoneyBound ? Math.ceil(scenario.reserve * size) : 0,
    requests: 1,
    tokens: 0,
    slots: scenario.limits?.concurrent ? 1 : 0,
  }
  const bounded = boundsOf(world, keyId)
  const life = lifeIn(world, isolate)
  const { deps } = life
  const came = time.now()
  const acquired = await acquire(deps, bounded, need, Math.ceil(need.nanoUsd / 4))
  if (acquired.kind !== 'drawn') {
    counts.refused += 1
    return false
  }
  const { pool, draw } = acquired
  countServed(world, time.now() - came)
  void renewAhead(deps, bounded, pool, draw)
  void giveBack(deps, bounded, pool)
  // The worst that a provider may report is common here: the whole of the reserve.
  const cost = random() < 0.3 ? draw.amounts.nanoUsd : Math.floor(draw.amounts.nanoUsd * random())
  spend(world, isolate.child?.rootLeaseOf(draw.lease.id) ?? draw.lease.id, keyId, cost)
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
  counts.endedCost += cost
  const { lease, amounts: reserved } = draw
  const id = `booking ${lease.id} ${world.ids} ${time.now()} ${cost}`
  const booking = bookingOf(lease.id, cost, { id, keyId, reserved, startedAt: time.now() })
  isolate.records.push(id)
  const end = () => {
    life.isEnded = true
  }
  if (random() < scenario.ending) time.at(5_000 * random(), end)
  await Promise.all([bookRecord(deps, PROJECT, RULES, booking, draw), renewAfter(deps, bounded, pool, draw)])
  return false
}

function countServed(world: World, waitMs: number): void {
  const { counts, atOnce, time } = world
  counts.served += 1
  if (world.isMeasured()) {
    counts.measuredServed += 1
    if (waitMs > 0) world.waits.push(waitMs)
  }
  world.starts.push(time.now())
  atOnce.now += 1
  atOnce.most = Math.max(atOnce.most, atOnce.now)
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
  return { project: PROJECT, keyId, bounds, rules: RULES, longestMs: scenario.longestMs }
}

/** The worst case is counted at once: an isolate that dies afterwards has spent it all the same. */
function spend({ scenario, trueCosts, grantedAt }: World, rootLeaseId: string, keyId: string, cost: number): void {
  const at = grantedAt.get(rootLeaseId)
  if (at === undefined) throw new Error(`nobody granted ${rootLeaseId}`)
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
