// Charts over time, each with the same figures as a table.
import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { Button, Table } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { instant } from './format'
import { useKept } from './use-kept'

/** A picture and the same figures as a real table: one button changes between them. */
export function TableTwin({ label, chart, table }: { label: string; chart: ReactNode; table: ReactNode }) {
  const { t } = useTranslation('shell')
  const [asTable, set] = useState(false)
  return (
    <figure className="twin" aria-label={label}>
      <figcaption>
        <span>{label}</span>
        <Button size="compact-xs" variant="subtle" onClick={() => set(!asTable)} aria-pressed={asTable}>{asTable ? t('twin.chart') : t('twin.table')}</Button>
      </figcaption>
      {asTable ? <div className="twin-table" tabIndex={0} role="region" aria-label={label}>{table}</div> : chart}
    </figure>
  )
}

export interface Series {
  title: string
  values: (number | null)[]
  /** a CSS colour or custom property name, like `--state-up` */
  colour?: string
}

/** Lines over time (uPlot, fetched when first drawn) with their table. `at_s`: ascending UTC seconds; a null is a gap. */
export function TimeChart({ label, at_s, series, format, height = 180, min, max, day = false }: {
  label: string
  at_s: number[]
  series: Series[]
  /** how a value is written on the axis and in the table */
  format: (value: number) => string
  height?: number
  min?: number
  max?: number
  /** points are local days (their number x 86,400), not instants */
  day?: boolean
}) {
  const { t, i18n } = useTranslation('shell')
  const place = useRef<HTMLDivElement>(null)
  const { scheme, contrast } = useKept()
  const id = useId()
  useEffect(() => {
    let gone = false
    let clean = () => {}
    const draw = async () => {
      const [{ default: UPlot }] = await Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')])
      const box = place.current
      if (gone || !box) return
      const style = getComputedStyle(box)
      const colour = (name: string | undefined, or: string) => (name ? (name.startsWith('--') ? style.getPropertyValue(name) : name) : style.getPropertyValue(or))
      const grid = { stroke: style.getPropertyValue('--line'), width: 1 }
      const axis = { stroke: style.getPropertyValue('--dim'), grid, ticks: grid, font: '12px system-ui' }
      const chart = new UPlot(
        {
          width: box.clientWidth,
          height,
          cursor: { y: false },
          legend: { show: false },
          scales: { x: { time: true }, y: { range: (_u: unknown, low: number, high: number) => [min ?? low, max ?? (high > low ? high : low + 1)] } },
          axes: [
            { ...axis, values: (_u, ticks) => ticks.map((each) => (day ? instant(each, 'day', 'UTC') : instant(each, 'clock')).replace(/^\d{4}[-/年]/, '')) },
            { ...axis, size: 64, values: (_u, ticks) => ticks.map((each) => format(each)) },
          ],
          series: [{}, ...series.map((each, at) => ({ label: each.title, stroke: colour(each.colour, ['--ink-1', '--ink-2', '--ink-3'][at] ?? '--ink-1'), width: 1.6, spanGaps: false, points: { show: at_s.length < 3 } }))],
        },
        [at_s, ...series.map((each) => each.values)],
        box,
      )
      const watch = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height }))
      watch.observe(box)
      clean = () => {
        watch.disconnect()
        chart.destroy()
      }
    }
    void draw()
    return () => {
      gone = true
      clean()
    }
  }, [at_s, series, height, min, max, day, format, scheme, contrast, i18n.language])
  return (
    <TableTwin
      label={label}
      chart={
        <>
          <div ref={place} className="chart" role="img" aria-label={label} style={{ minHeight: height }} />
          {series.length > 1 && (
            <ul className="legend">{series.map((each, at) => <li key={each.title} data-ink={at + 1} style={each.colour ? { '--ink': each.colour.startsWith('--') ? `var(${each.colour})` : each.colour } as never : undefined}>{each.title}</li>)}</ul>
          )}
        </>
      }
      table={
        <Table aria-labelledby={id} stickyHeader>
          <caption id={id}>{label}</caption>
          <Table.Thead><Table.Tr><Table.Th>{t('twin.when')}</Table.Th>{series.map((each) => <Table.Th key={each.title}>{each.title}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>
            {at_s.map((at, index) => (
              <Table.Tr key={at}>
                <Table.Th scope="row">{day ? instant(at, 'day', 'UTC') : instant(at, 'minute')}</Table.Th>
                {series.map((each) => { const value = each.values[index]; return <Table.Td key={each.title}>{value === null || value === undefined ? '–' : format(value)}</Table.Td> })}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      }
    />
  )
}
