// A list of any length: rows are drawn as they come into sight, fetched page by page, walked by keyboard. A real table (ARIA grid).
import { ActionIcon, Button, Checkbox, Menu, Tooltip } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useInfiniteQuery, type QueryKey } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { questionOf } from './api'
import { CopyCurl } from './copy'
import { count } from './format'
import { keep } from './kept'
import { useKeys } from './keys'
import { ProblemNote, Waiting } from './page'
import { Sign } from './signs'
import { useKept } from './use-kept'

export interface Column<Row> {
  key: string
  /** its head, already in the reader's language */
  title: string
  cell: (row: Row) => ReactNode
  /** pixels; without it the column takes what is left */
  width?: number
  align?: 'left' | 'right'
  /** the server can sort by it */
  sorts?: boolean
  /** shown on a phone; without any so marked the first two are */
  narrow?: boolean
  /** not shown until chosen */
  hidden?: boolean
}

export interface Sort {
  key: string
  desc: boolean
}

export interface PageOf<Row> {
  rows: Row[]
  next?: string | null
  total?: number | null
  /** the address it came from */
  asked?: string
}

/** The pages of a keyset list: `const list = usePages(['tickets', filters], (cursor) => got(api.GET(...)))`, then `<DataTable {...list} .../>`. */
export function usePages<Row>(key: QueryKey, fetchPage: (cursor: string | undefined) => Promise<PageOf<Row>>, options: { enabled?: boolean; refetchInterval?: number } = {}) {
  const found = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ pageParam }) => {
      const page = await fetchPage(pageParam)
      return { ...page, asked: questionOf(page) }
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (before) => before,
    ...options,
  })
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.rows) ?? [], [found.data])
  return {
    rows,
    total: found.data?.pages[0]?.total ?? null,
    asked: found.data?.pages[0]?.asked,
    hasMore: found.hasNextPage,
    loadMore: () => void (found.isFetchingNextPage || found.fetchNextPage()),
    isLoading: found.isPending,
    isStale: found.isPlaceholderData,
    error: found.data ? null : found.error,
    retry: () => void found.refetch(),
  }
}

export type RowKey = string | number

/** Where the focus goes from a row by a key; null: the key does not walk. */
export function walked(key: string, at: number, rows: number, page: number): number | null {
  const last = rows - 1
  const to: Record<string, number> = {
    j: at + 1, ArrowDown: at + 1, k: at - 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: last,
  }
  const next = to[key]
  return next === undefined || rows === 0 ? null : Math.min(last, Math.max(0, next))
}

export interface DataTableProps<Row> {
  /** what the table is called: for a screen reader, and for what is kept of its columns */
  name: string
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => RowKey
  /** where a row leads: Enter or a click upon it */
  rowTo?: (row: Row) => string
  total?: number | null
  hasMore?: boolean
  loadMore?: () => void
  isLoading?: boolean
  isStale?: boolean
  error?: unknown
  retry?: () => void
  sort?: Sort
  onSort?: (sort: Sort) => void
  /** keys of the rows that are picked; with `onSelected` there is a column of boxes, x picks and Esc lets go */
  selected?: ReadonlySet<RowKey>
  onSelected?: (keys: Set<RowKey>) => void
  /** what can be done with the rows that are picked */
  selectionActs?: ReactNode
  /** beside the count: filters, export */
  tools?: ReactNode
  empty?: ReactNode
  /** the address of the list's question, to be asked by a program: `usePages` knows its own */
  asked?: string
  /** px; without it the table fills what is left of the window */
  height?: number
}

/** The list of every page. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { name, label, columns, rows, rowKey, rowTo, total, hasMore, loadMore, sort, onSort, selected, onSelected } = props
  const { t } = useTranslation('shell')
  const [, go] = useLocation()
  const { density = 'dense', columns: keptColumns, widths: keptWidths } = useKept()
  const narrow = useMediaQuery('(max-width: 47.99em)') ?? false
  const [active, setActive] = useState(0)
  const scroller = useRef<HTMLDivElement>(null)
  const wantsFocus = useRef(false)

  const chosen = keptColumns?.[name]
  const widths = keptWidths?.[name] ?? {}
  const widthOf = (each: Column<Row>) => widths[each.key] ?? each.width
  const shown = useMemo(() => {
    if (narrow) {
      const marked = columns.filter((each) => each.narrow)
      return marked.length > 0 ? marked : columns.slice(0, 2)
    }
    return columns.filter((each) => (chosen ? chosen.includes(each.key) : !each.hidden))
  }, [columns, chosen, narrow])

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (density === 'dense' ? 34 : 46),
    overscan: 12,
  })
  const items = virtual.getVirtualItems()
  const lastSeen = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && loadMore && lastSeen >= rows.length - 20) loadMore()
  }, [hasMore, loadMore, lastSeen, rows.length])

  const at = Math.min(active, Math.max(0, rows.length - 1))
  const focusRow = useCallback((next: number) => {
    setActive(next)
    virtual.scrollToIndex(next)
    const row = scroller.current?.querySelector<HTMLElement>(`tr[data-at="${next}"]`)
    row?.focus({ preventScroll: true }) // where it stands already, nothing is drawn anew that could bring the focus
    wantsFocus.current = !row
  }, [virtual])
  useEffect(() => {
    if (!wantsFocus.current) return
    const row = scroller.current?.querySelector<HTMLElement>(`tr[data-at="${at}"]`)
    if (row) {
      row.focus({ preventScroll: true })
      wantsFocus.current = false
    }
  })

  const pick = (row: Row | undefined) => {
    if (!row || !onSelected) return
    const next = new Set(selected)
    const key = rowKey(row)
    if (!next.delete(key)) next.add(key)
    onSelected(next)
  }
  const isIn = () => scroller.current?.contains(document.activeElement) ?? false
  const walk = (key: string) => () => {
    const next = isIn() ? walked(key, at, rows.length, 12) : at
    if (next !== null && rows.length > 0) focusRow(next)
  }
  useKeys([
    { key: 'j', says: 'shell:keys.down', run: walk('j') },
    { key: 'k', says: 'shell:keys.up', run: walk('k') },
    ...(onSelected ? [{ key: 'x', says: 'shell:keys.pick', run: () => pick(rows[at]) }] : []),
    ...(onSelected && selected?.size ? [{ key: 'Escape', says: 'shell:keys.let_go', run: () => onSelected(new Set()) }] : []),
  ])

  if (props.error) return <ProblemNote error={props.error} retry={props.retry} />
  if (props.isLoading) return <Waiting lines={10} />

  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const allPicked = rows.length > 0 && rows.every((row) => selected?.has(rowKey(row)))

  return (
    <section className="data-table" data-density={density} data-stale={props.isStale || undefined} aria-label={label}>
      <div className="table-tools">
        <span className="table-count" role="status">
          {total !== null && total !== undefined ? t('table.count', { count: total, told: count(total) }) : t('table.so_far', { count: rows.length, told: count(rows.length) })}
        </span>
        {selected && selected.size > 0 && (
          <span className="table-picked">
            <strong>{t('table.picked', { count: selected.size, told: count(selected.size) })}</strong>
            {props.selectionActs}
            <Button size="compact-sm" variant="subtle" onClick={() => onSelected?.(new Set())}>{t('table.let_go')}</Button>
          </span>
        )}
        <span className="grow" />
        {props.tools}
        {props.asked && <CopyCurl asked={props.asked} />}
        {!narrow && <ColumnChooser name={name} columns={columns} shown={shown.map((each) => each.key)} />}
      </div>
      {rows.length === 0 ? (
        (props.empty ?? <div className="empty">{t('table.none')}</div>)
      ) : (
        <div className="table-scroll" ref={scroller} style={props.height ? { height: props.height } : undefined}>
          <table role="grid" aria-label={label} aria-rowcount={(total ?? (hasMore ? -1 : rows.length)) + (total || !hasMore ? 1 : 0)} aria-multiselectable={onSelected ? true : undefined}>
            <colgroup>
              {onSelected && <col style={{ width: 40 }} />}
              {shown.map((each) => <col key={each.key} style={widthOf(each) && !narrow ? { width: widthOf(each) } : undefined} />)}
            </colgroup>
            <thead>
              <tr aria-rowindex={1}>
                {onSelected && (
                  <th scope="col">
                    <Checkbox size="xs" aria-label={t('table.pick_all')} checked={allPicked} indeterminate={!allPicked && (selected?.size ?? 0) > 0}
                      onChange={() => onSelected(allPicked ? new Set() : new Set(rows.map(rowKey)))} />
                  </th>
                )}
                {shown.map((each) => (
                  <th key={each.key} scope="col" data-align={each.align} aria-sort={sort?.key === each.key ? (sort.desc ? 'descending' : 'ascending') : undefined}>
                    {each.sorts && onSort ? (
                      <button type="button" className="sorter" onClick={() => onSort({ key: each.key, desc: sort?.key === each.key ? !sort.desc : false })}>
                        {each.title}
                        {sort?.key === each.key && <Sign name={sort.desc ? 'downward' : 'upward'} size={12} />}
                      </button>
                    ) : each.title}
                    {!narrow && <Resizer title={each.title} width={widthOf(each)} onWidth={(width) => keep({ widths: { ...keptWidths, [name]: { ...widths, [each.key]: width } } })} />}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody
              onKeyDown={(event) => {
                if (event.target instanceof HTMLElement && event.target.closest('input, button, textarea')) return
                const row = rows[at]
                if (event.key === 'Enter' && row && rowTo && !(event.target as HTMLElement).closest('a')) {
                  event.preventDefault()
                  go(rowTo(row))
                } else if (event.key === ' ' && onSelected) {
                  event.preventDefault()
                  pick(row)
                } else if (event.key.length > 1) {
                  const next = walked(event.key, at, rows.length, 12)
                  if (next !== null) {
                    event.preventDefault()
                    focusRow(next)
                  }
                }
              }}
            >
              {before > 0 && <tr aria-hidden="true" className="spacer"><td colSpan={shown.length + (onSelected ? 1 : 0)} style={{ height: before }} /></tr>}
              {items.map((item) => {
                const row = rows[item.index]
                if (row === undefined) return null
                const key = rowKey(row)
                const picked = selected?.has(key) ?? false
                return (
                  <tr key={key} ref={virtual.measureElement} data-index={item.index} data-at={item.index} aria-rowindex={item.index + 2}
                    aria-selected={onSelected ? picked : undefined} data-picked={picked || undefined} data-leads={rowTo ? true : undefined}
                    tabIndex={item.index === at ? 0 : -1} onFocus={() => setActive(item.index)}
                    onClick={(event) => {
                      if (rowTo && !(event.target as HTMLElement).closest('a, button, input, label') && !getSelection()?.toString()) go(rowTo(row))
                    }}>
                    {onSelected && (
                      <td><Checkbox size="xs" tabIndex={-1} aria-label={t('table.pick')} checked={picked} onChange={() => pick(row)} /></td>
                    )}
                    {shown.map((each, index) => (
                      <td key={each.key} data-align={each.align}>
                        {index === 0 && rowTo ? <Link href={rowTo(row)} className="row-link" tabIndex={item.index === at ? 0 : -1}>{each.cell(row)}</Link> : each.cell(row)}
                      </td>
                    ))}
                  </tr>
                )
              })}
              {after > 0 && <tr aria-hidden="true" className="spacer"><td colSpan={shown.length + (onSelected ? 1 : 0)} style={{ height: after }} /></tr>}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

const WIDTH_MIN = 48
const WIDTH_MAX = 900
const WIDTH_STEP = 16

const WIDTH_LEAST = 96
const WIDTH_MOST = 420

/** The width that a click upon an edge gives: wider, and after the widest the narrowest. */
export function clickedWidth(now: number): number {
  return now >= WIDTH_MOST ? WIDTH_LEAST : Math.min(WIDTH_MOST, Math.round(now * 1.4))
}

/** The edge of a column: dragged, clicked (2.5.7: no drag is needed), or moved by the arrow keys. */
function Resizer({ title, width, onWidth }: { title: string; width: number | undefined; onWidth: (width: number) => void }) {
  const { t } = useTranslation('shell')
  const fit = (wanted: number) => Math.round(Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, wanted)))
  const now = (element: HTMLElement) => element.closest('th')?.getBoundingClientRect().width ?? WIDTH_MIN
  const dragged = useRef(false)
  return (
    <span className="resizer" role="separator" aria-orientation="vertical" tabIndex={0} aria-label={t('table.width', { title })} aria-valuenow={Math.round(width ?? 0)} aria-valuemin={WIDTH_MIN} aria-valuemax={WIDTH_MAX}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
        event.preventDefault()
        onWidth(fit(now(event.currentTarget) + (event.key === 'ArrowRight' ? WIDTH_STEP : -WIDTH_STEP)))
      }}
      onPointerDown={(event) => {
        const [edge, begun, at] = [event.currentTarget, now(event.currentTarget), event.clientX]
        event.preventDefault()
        dragged.current = false
        edge.setPointerCapture(event.pointerId)
        const drag = (moved: PointerEvent) => {
          dragged.current ||= Math.abs(moved.clientX - at) > 2
          if (dragged.current) onWidth(fit(begun + moved.clientX - at))
        }
        edge.addEventListener('pointermove', drag)
        edge.addEventListener('lostpointercapture', () => edge.removeEventListener('pointermove', drag), { once: true })
      }}
      onClick={(event) => { if (!dragged.current) onWidth(clickedWidth(now(event.currentTarget))) }}
    />
  )
}

function ColumnChooser<Row>({ name, columns, shown }: { name: string; columns: Column<Row>[]; shown: string[] }) {
  const { t } = useTranslation('shell')
  const { columns: kept, density = 'dense' } = useKept()
  const choose = (key: string) => {
    const next = shown.includes(key) ? shown.filter((each) => each !== key) : columns.map((each) => each.key).filter((each) => each === key || shown.includes(each))
    if (next.length > 0) keep({ columns: { ...kept, [name]: next } })
  }
  return (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Menu.Target>
        <Tooltip label={t('table.columns')}>
          <ActionIcon variant="default" aria-label={t('table.columns')}><Sign name="columns" /></ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('table.columns')}</Menu.Label>
        {columns.map((each) => (
          <Menu.CheckboxItem key={each.key} checked={shown.includes(each.key)} onChange={() => choose(each.key)}>{each.title}</Menu.CheckboxItem>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => keep({ density: density === 'dense' ? 'roomy' : 'dense' })}>
          {density === 'dense' ? t('table.roomy') : t('table.dense')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
