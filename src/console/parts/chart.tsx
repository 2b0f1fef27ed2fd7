import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'

export type Series = { readonly label: string; readonly values: readonly (number | null)[]; readonly color: string }

const HEIGHT = 220
/** Beyond so many values marks would hide the line; below, a value that has no neighbours is seen by its mark alone. */
const MOST_MARKS = 48

/**
 * Lines over time, broken where there is no value. Who cannot see them has the same numbers in the table below.
 *
 * @param times Milliseconds since the epoch.
 */
export function Chart({
  title,
  times,
  series,
}: {
  title: string
  times: readonly number[]
  series: readonly Series[]
}) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = place.current
    if (!element) return
    const color = getComputedStyle(element).color
    const axis = { stroke: color, grid: { stroke: '#8883', width: 1 }, ticks: { stroke: '#8883' } }
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        series: [
          {},
          ...series.map(({ label, color: stroke, values }) => ({ label, stroke, width: 2, points: marksOf(values) })),
        ],
        axes: [axis, { ...axis, size: 60 }],
        scales: { y: { range: (_plot, _min, max) => [0, Math.max(max, 1e-9) * 1.1] } },
      },
      [times.map((at) => at / 1_000), ...series.map(({ values }) => [...values])],
      element,
    )
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }))
    watch.observe(element)
    return () => {
      watch.disconnect()
      plot.destroy()
    }
  }, [times, series])
  return <div ref={place} class="chart" role="img" aria-label={title} />
}

function marksOf(values: Series['values']) {
  const isSparse = values.filter((value) => value !== null).length <= MOST_MARKS
  return { size: 5, ...(isSparse && { show: true }) }
}
