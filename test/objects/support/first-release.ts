import type { ExchangeCall } from '../../../src/core/limits/exchange.ts'
import { DAY, NOW } from '../../core/limits/support/ledger.ts'

/**
 * What the first release wrote and said, letter by letter: a deployment may still have such a ledger, and for some minutes
 * such isolates. Nothing here follows the code of today.
 */
export const TABLES = {
  accounts: `CREATE TABLE accounts (scope TEXT NOT NULL, period TEXT NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL,
    spent INTEGER NOT NULL, lost INTEGER NOT NULL, limit_nano INTEGER NOT NULL, alerted REAL NOT NULL,
    PRIMARY KEY (scope, period)) WITHOUT ROWID`,
  leases: `CREATE TABLE leases (id TEXT PRIMARY KEY, key_id TEXT NOT NULL, granted_at INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL, held INTEGER NOT NULL, slots INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID`,
  rates: `CREATE TABLE rates (scope TEXT NOT NULL, kind TEXT NOT NULL, full_at REAL NOT NULL,
    PRIMARY KEY (scope, kind)) WITHOUT ROWID`,
  events: `CREATE TABLE events (at INTEGER NOT NULL, id TEXT NOT NULL, key_id TEXT NOT NULL, model TEXT NOT NULL,
    end TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (at, id)) WITHOUT ROWID`,
  rollups: `CREATE TABLE rollups (hour INTEGER NOT NULL, key_id TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,
    surface TEXT NOT NULL, end TEXT NOT NULL, user TEXT NOT NULL, requests INTEGER NOT NULL, prompt INTEGER NOT NULL,
    completion INTEGER NOT NULL, cached INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost INTEGER NOT NULL,
    estimated INTEGER NOT NULL, unpriced INTEGER NOT NULL, last_at INTEGER NOT NULL, first_token TEXT NOT NULL,
    duration TEXT NOT NULL, PRIMARY KEY (hour, key_id, model, provider, surface, end, user)) WITHOUT ROWID`,
  totals: `CREATE TABLE totals (model TEXT NOT NULL, provider TEXT NOT NULL, surface TEXT NOT NULL, end TEXT NOT NULL,
    requests INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
    reasoning INTEGER NOT NULL, cost INTEGER NOT NULL, estimated INTEGER NOT NULL, unpriced INTEGER NOT NULL,
    first_token TEXT NOT NULL, duration TEXT NOT NULL, PRIMARY KEY (model, provider, surface, end)) WITHOUT ROWID`,
  gaps: 'CREATE TABLE gaps (hour INTEGER PRIMARY KEY, count INTEGER NOT NULL)',
} as const

const TODAY = NOW - (NOW % DAY)
const HOUR = NOW / 3_600_000
const GRANTED =
  '{"kind":"granted","amounts":{"nanoUsd":500,"requests":1,"tokens":0,"slots":0},"usableMs":10000,"rates":[]}'
const FACTS = `{"startedAt":${NOW - 1},"id":"old event","keyId":"k","requestId":"r","surface":"chat","stream":false,"askedModel":null,"model":"huggingface/a/b","provider":null,"end":"whole","errorCode":null,"attempts":1,"failedAttempts":"[]","firstTokenMs":null,"durationMs":100,"promptTokens":7,"completionTokens":3,"cachedTokens":0,"reasoningTokens":0,"hasUsage":true,"isEstimated":false,"costNanoUsd":200,"upstreamRequestId":null,"configVersion":"v","user":null}`
const TIMES = '{"counts":[1,0,0,0,0,0,0,0,0,0,0],"sumMs":100}'

/** One account with 200 of 1,000 spent, a lease that holds 500, a completion and its hour. */
export const ROWS: readonly string[] = [
  `INSERT INTO accounts VALUES ('project', 'day 2026-11-27 UTC', ${TODAY}, ${TODAY + DAY}, 200, 0, 1000, 0)`,
  `INSERT INTO leases VALUES ('old lease', 'k', ${NOW}, ${NOW + 100_000}, 500, 0, '${GRANTED}')`,
  `INSERT INTO events VALUES (${NOW - 1}, 'old event', 'k', 'huggingface/a/b', 'whole', '${FACTS}')`,
  `INSERT INTO rollups VALUES (${HOUR}, 'k', 'huggingface/a/b', '', 'chat', 'whole', '', 1, 7, 3, 0, 0, 200, 0, 0,
    ${NOW - 1}, '${TIMES}', '${TIMES}')`,
]

/** A call of an isolate of that release: a record, what its lease does not need any more, and a question. */
export function firstReleaseCall({ leaseId, bookingId, askId }: Record<'leaseId' | 'bookingId' | 'askId', string>) {
  return JSON.parse(`{
    "rules": { "alertAt": [80, 100], "keepEventsDays": 35 },
    "bookings": [{
      "id": "${bookingId}", "startedAt": ${NOW}, "keyId": "k", "leaseId": "${leaseId}",
      "reserved": { "nanoUsd": 300, "requests": 1, "tokens": 0, "slots": 0 },
      "requestId": "r", "surface": "chat", "stream": true, "askedModel": "a/b", "model": "huggingface/a/b",
      "provider": "groq", "end": "whole", "errorCode": null, "attempts": 1, "failedAttempts": "[]",
      "firstTokenMs": 90, "durationMs": 400, "promptTokens": 10, "completionTokens": 5, "cachedTokens": 0,
      "reasoningTokens": 0, "hasUsage": true, "isEstimated": false, "costNanoUsd": 250,
      "upstreamRequestId": null, "configVersion": "v", "user": null
    }],
    "shrinks": [{ "id": "${leaseId}", "nanoUsd": 0, "slots": 0 }],
    "ask": {
      "id": "${askId}", "keyId": "k",
      "bounds": [{ "scope": "project", "budget": { "nanoUsd": 1000, "per": "day", "timeZone": "UTC" } }],
      "need": { "nanoUsd": 100, "requests": 1, "tokens": 0, "slots": 0 }, "leastNanoUsd": 100,
      "want": { "nanoUsd": 200, "requests": 2, "tokens": 0, "slots": 0 },
      "takesLess": false, "usableMs": 10000, "longestMs": 60000
    }
  }`) as ExchangeCall
}
