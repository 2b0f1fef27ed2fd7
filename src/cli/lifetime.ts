const HOUR_MS = 3_600_000
const UNIT_MS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS }

/**
 * Reads a lifetime: `12h`, `90d`, `4w`, or a date.
 *
 * @param nowMs Milliseconds since the epoch.
 * @returns When it ends, ISO 8601; nothing for a text that is none, or a time that has passed.
 */
export function parseLifetime(text: string, nowMs: number): string | undefined {
  const [, count = '', unit = ''] = /^(\d{1,5})([hdw])$/.exec(text) ?? []
  const span = UNIT_MS[unit]
  const isDate = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?$/.test(text)
  const at = span === undefined ? (isDate ? Date.parse(text) : Number.NaN) : nowMs + Number(count) * span
  return Number.isNaN(at) || at <= nowMs ? undefined : new Date(at).toISOString()
}
