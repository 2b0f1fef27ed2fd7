import type { VirtualTime } from './virtual-time.ts'

/** A way between two that talk: how late what is sent comes, how often it is lost, how often it comes twice. */
export type Way = { readonly latencyMs: () => number; readonly loss: number; readonly repeat: number }

/**
 * A call on its way and back: late, lost on either way, or heard twice.
 *
 * @param hear What the other end does; called again for a repeat.
 * @param isDead Whether the caller died meanwhile: it hears nothing any more, and its promise never settles.
 * @returns `undefined` where no answer came within `limitMs`; the other end may have heard the call all the same.
 */
export function sendOver<T>(
  { time, random }: { readonly time: VirtualTime; readonly random: () => number },
  { latencyMs, loss, repeat }: Way,
  { hear, isDead, limitMs }: { hear(): T | Promise<T>; isDead(): boolean; readonly limitMs: number },
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const answerTo = (answer: T | undefined) => {
      if (!isDead()) resolve(answer)
    }
    const answerLater = (answer: T) => {
      if (random() >= loss) time.at(latencyMs(), () => answerTo(answer))
    }
    time.at(limitMs, () => answerTo(undefined))
    if (random() < loss) return
    time.at(latencyMs(), () => {
      const answer = hear()
      if (random() < repeat) time.at(latencyMs(), () => void hear())
      if (answer instanceof Promise) void answer.then(answerLater)
      else answerLater(answer)
    })
  })
}
