/** One row of the router's list: an `id`, and whatever else it sent. */
export type RouterModel = { readonly id: string; readonly [field: string]: unknown }
