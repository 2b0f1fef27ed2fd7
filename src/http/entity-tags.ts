/**
 * The tags of `If-Match` or `If-None-Match`, without quotes. A tag that compression in between made weak still names one
 * version exactly, so it counts (RFC 9110, 8.8.3).
 *
 * @returns Nothing without such a header.
 */
export function readTags(header: string | undefined): readonly string[] | undefined {
  return header?.split(',').map((tag) => tag.trim().replace(/^(?:W\/)?"(.*)"$/, '$1'))
}
