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
