/** An event of the stream; `data` may have several lines. */
export function formatEvent(data: string): string {
  return `data: ${data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data}\n\n`
}
