// The cameras: a list whose filters stand in its address, and one camera with its past.
import { Button, Group, MultiSelect, Select, Switch, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Route, Switch as Routes } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { useLive } from '../../shell/live'
import { Instant, StateMark } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Empty, PageHead } from '../../shell/page'
import { useActs } from '../../shell/palette'
import { Sign } from '../../shell/signs'
import { DataTable, usePages, type Column, type RowKey, type Sort } from '../../shell/table'
import { useUrlState, writeUrl } from '../../shell/url'
import { SavedViews } from '../../shell/views'
import { EDIT_MAX, EditMany, EditsPage } from './edit'
import { ExportMenu } from './export'
import { ImportPage } from './import'
import { RegisterNav } from './nav'
import { OneCamera } from './one'
import { useReason } from './reason'
import { TakeoverPage } from './takeover'
import './cameras.css'

type Row = Schemas['CameraRow']
const STATES = ['down', 'fault', 'unknown', 'up', 'not_watched']
const CLASSES = ['1', '2', '3']
const BLANK = { q: '', state: [] as string[], klass: [] as string[], unit: 0, reason: '', ticket: false, undeclared: false, order: 'name' }

export default function Cameras() {
  return (
    <Routes>
      <Route path="/cameras/import"><ImportPage /></Route>
      <Route path="/cameras/edits"><EditsPage /></Route>
      <Route path="/cameras/takeover"><TakeoverPage /></Route>
      <Route path="/cameras/:id">{({ id }) => <OneCamera key={id} point_id={Number(id)} />}</Route>
      <Route><List /></Route>
    </Routes>
  )
}

function List() {
  const { t } = useTranslation(['cameras', 'common'])
  const me = useMe()
  const queries = useQueryClient()
  const reason = useReason()
  const [filters, setFilters] = useUrlState(BLANK)
  const [words, setWords] = useState(filters.q)
  const [typed] = useDebouncedValue(words, 250)
  useEffect(() => setWords(filters.q), [filters.q])
  useEffect(() => {
    if (typed === words && typed !== filters.q) setFilters({ q: typed })
  }, [typed, words, filters.q, setFilters])
  const order = filters.order as 'name' | '-name' | 'since' | '-since' | 'state' | '-state'
  const asked = {
    q: filters.q, state: filters.state.join(','), klass: filters.klass.join(','), unit: filters.unit || undefined, reason: filters.reason,
    ticket: filters.ticket, undeclared: filters.undeclared, order,
  }
  const list = usePages<Row>(['cameras', 'list', filters], (cursor) => got(api.GET('/api/cameras', { params: { query: { ...asked, cursor } } })))
  const [picked, setPicked] = useState<Set<RowKey>>(new Set())
  const [isEditing, setEditing] = useState(false)
  const pickAll = async () => {
    const all = new Set<RowKey>()
    let cursor: string | null | undefined
    do {
      const page: Schemas['Page_CameraRow_'] = await got(api.GET('/api/cameras', { params: { query: { ...asked, limit: 500, cursor: cursor ?? undefined } } }))
      for (const each of page.rows) all.add(each.point_id)
      cursor = page.next
    } while (cursor && all.size < EDIT_MAX)
    setPicked(all)
  }
  const canPickAll = list.total !== null && list.total > picked.size && list.total <= EDIT_MAX
  useLive(['cameras', 'register'], () => void queries.invalidateQueries({ queryKey: ['cameras', 'list'] }))
  useActs([{ key: 'cameras-down', title: t('act.down'), sign: 'down', run: () => setFilters({ state: ['down'] }) }])
  const columns: Column<Row>[] = [
    { key: 'name', title: t('common:word.name'), sorts: true, narrow: true, cell: (row) => row.name },
    { key: 'state', title: t('common:word.state'), sorts: true, narrow: true, width: 140, cell: (row) => <><StateMark state={row.state} />{row.is_planned && <> <StateMark state="planned" short /></>}</> },
    { key: 'reason', title: t('common:word.reason'), width: 170, cell: (row) => reason(row.reason) },
    { key: 'since', title: t('common:word.since'), sorts: true, width: 140, cell: (row) => <Instant at_s={row.since_s} form="ago" /> },
    { key: 'unit', title: t('common:word.unit'), width: 260, cell: (row) => row.unit },
    { key: 'class', title: t('common:word.class'), width: 90, cell: (row) => (row.klass ? t(`common:class.${row.klass}`) : '–') },
    { key: 'ticket', title: t('common:word.ticket'), width: 90, cell: (row) => (row.ticket_id ? <Link href={`/work/tickets/${row.ticket_id}`}>{`#${row.ticket_id}`}</Link> : <span className="dim">{'–'}</span>) },
    { key: 'code', title: t('common:word.code'), width: 190, hidden: true, cell: (row) => row.code },
  ]
  const sort: Sort = { key: order.replace('-', ''), desc: order.startsWith('-') }
  const filtered = writeUrl('', BLANK, { ...filters, order: 'name' }) !== ''
  const onMap = writeUrl('', { q: '', state: [] as string[], klass: [] as string[], unit: 0 }, { q: filters.q, state: filters.state, klass: filters.klass, unit: filters.unit })
  return (
    <>
      <PageHead title={t('title')} acts={<><ExportMenu filters={filters} /><Button component={Link} href={onMap ? `/map?${onMap}` : '/map'} variant="default" size="sm" leftSection={<Sign name="map" />}>{t('on_map')}</Button></>} />
      <RegisterNav />
      <Group gap="xs" role="search" aria-label={t('filters')}>
        <TextInput size="sm" w={220} aria-label={t('find')} placeholder={t('find')} leftSection={<Sign name="search" />} value={words} onChange={(event) => setWords(event.currentTarget.value)} />
        <MultiSelect size="sm" w={230} clearable aria-label={t('common:word.state')} placeholder={filters.state.length ? '' : t('common:word.state')} value={filters.state} onChange={(state) => setFilters({ state })}
          data={STATES.map((value) => ({ value, label: t(`common:state.${value}`) }))} />
        <MultiSelect size="sm" w={170} clearable aria-label={t('common:word.class')} placeholder={filters.klass.length ? '' : t('common:word.class')} value={filters.klass} onChange={(klass) => setFilters({ klass })}
          data={CLASSES.map((value) => ({ value, label: t(`common:class.${value}`) }))} />
        {me.units.length > 1 && (
          <Select size="sm" w={180} clearable aria-label={t('common:word.unit')} placeholder={t('common:word.unit')} value={filters.unit ? String(filters.unit) : null} onChange={(unit) => setFilters({ unit: Number(unit ?? 0) })}
            data={me.units.map((each) => ({ value: String(each.unit_id), label: each.name }))} />
        )}
        <Switch label={t('with_ticket')} checked={filters.ticket} onChange={(event) => setFilters({ ticket: event.currentTarget.checked })} />
        <Switch label={t('undeclared')} checked={filters.undeclared} onChange={(event) => setFilters({ undeclared: event.currentTarget.checked })} />
        {filtered && <Button size="compact-sm" variant="subtle" onClick={() => { setWords(''); setFilters(BLANK) }}>{t('common:act.clear')}</Button>}
      </Group>
      <SavedViews area="cameras" />
      <DataTable name="cameras" label={t('title')} columns={columns} rowKey={(row) => row.point_id} rowTo={(row) => `/cameras/${row.point_id}`} {...list}
        sort={sort} onSort={(next) => setFilters({ order: `${next.desc ? '-' : ''}${next.key}` })}
        selected={picked} onSelected={me.may('keep_register') ? setPicked : undefined}
        selectionActs={<>
          {canPickAll && <Button size="compact-sm" variant="default" onClick={() => void pickAll()}>{t('edit.pick_all', { count: list.total ?? 0 })}</Button>}
          <Button size="compact-sm" onClick={() => setEditing(true)}>{t('edit.act')}</Button>
        </>}
        empty={filtered ? <Empty title={t('none_so')} act={<Button onClick={() => { setWords(''); setFilters(BLANK) }}>{t('common:act.clear')}</Button>} /> : <Empty title={t('none')} act={me.may('keep_register') ? <Button component={Link} href="/cameras/import">{t('nav.import')}</Button> : undefined}>{t('none_note')}</Empty>} />
      {isEditing && <EditMany cameras={[...picked].map(Number)} units={[...new Set(list.rows.map((each) => each.unit))].sort()} onClose={() => setEditing(false)} onDone={() => { setEditing(false); setPicked(new Set()) }} />}
    </>
  )
}
