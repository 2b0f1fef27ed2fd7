/**
 * Families whose templates read a turn's reasoning back (`reasoning_content` beside `tool_calls`), and whose makers ask for
 * it: without it they think anew after every call, or refuse the turn. Others, and some of their providers, refuse a
 * member that they do not know.
 */
const FAMILIES = /deepseek|kimi|glm|minimax/i

/** Whether a model, by the name that the router is asked for, is given its own thoughts back. */
export function takesReasoningBack(routerModel: string): boolean {
  return FAMILIES.test(routerModel)
}

/**
 * Families that know `reasoning_effort` as low, medium and high with each of their providers. Others know other words for
 * it, or none, and many of their providers answer 400 to one that they do not know.
 */
const FAMILIES_WITH_EFFORT = /gpt-oss/i

/** Whether a model, by the name that the router is asked for, can be told how hard to think. */
export function takesEffort(routerModel: string): boolean {
  return FAMILIES_WITH_EFFORT.test(routerModel)
}
