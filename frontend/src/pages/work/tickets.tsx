// The list of tickets: filters in the address, j k x e, many assigned at once, and who was quicker told.
import { Button, Checkbox, Group, Modal, MultiSelect, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { count } from '../../shell/format'
import { ExportMenu } from '../../shell/exports'
import { useKeys } from '../../shell/keys'
import { useLive } from '../../shell/live'
import { Count, Instant } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Confirm, Empty, PageHead, ProblemNote } from '../../shell/page'
import { useActs } from '../../shell/palette'
import { DataTable, usePages, type Column } from '../../shell/table'
import { toast } from '../../shell/toasts'
import { useUrlState } from '../../shell/url'
import { StageMark, TicketClock, useActor, useShown, useTicketName, type Ticket } from './parts'

export const DESKS = ['power', 'carrier', 'contractor', 'parks', 'owner_it', 'us'] as const
const STAGES = ['open', 'assigned', 'accepted', 'on_site', 'done', 'regressed', 'verified', 'cancelled'] as const
const CLASSES = ['1', '2', '3']
const BLANK = {
  view: 'live', text: '', desk: [] as string[], klass: [] as string[], stage: [] as string[], late: false, held: false, paused: false,
  contract: 0, unit: 0, point: 0, kind: [] as string[], what: '', order: 'due', since: 0, until: 0,
}
type Filters = { [K in keyof typeof BLANK]: (typeof BLANK)[K] }

/** The filters as the server takes them. */
export function queryOf(filters: Filters) {
  return {
    live: filters.view === 'all' ? undefined : filters.view !== 'over',
    text: filters.text || undefined,
    desk: filters.desk as Ticket['desk'][],
    klass: filters.klass.map(Number),
    stage: filters.stage as Ticket['stage'][],
    kind: filters.kind as Ticket['kind'][],
    what: filters.what || undefined,
    late: filters.late || undefined,
    held: filters.held || undefined,
    paused: filters.paused || undefined,
    contract: filters.contract || undefined,
    unit: filters.unit || undefined,
    point: filters.point || undefined,
    since_s: filters.since || undefined,
    until_s: filters.until || undefined,
  }
}

export function useTicketColumns(): Column<Ticket>[] {
  const { t } = useTranslation(['work', 'common'])
  const name = useTicketName()
  const shown = useShown()
  return [
    { key: 'ticket', title: t('common:word.ticket'), width: 270, narrow: true, cell: (row) => <><span className="dim figure">{`#${row.ticket_id} `}</span>{name(row)}<span className="on-narrow"><StageMark of={row} />{' '}{shown(row.what)}</span></> },
    { key: 'clock', title: t('clock.title'), width: 190, narrow: true, cell: (row) => <TicketClock of={row} /> },
    { key: 'stage', title: t('stage'), width: 150, cell: (row) => <StageMark of={row} /> },
    { key: 'what', title: t('shows'), cell: (row) => shown(row.what) },
    { key: 'cameras', title: t('common:word.cameras'), width: 85, align: 'right', cell: (row) => <Count of={row.cameras} /> },
    { key: 'class', title: t('common:word.class'), width: 80, cell: (row) => t(`common:class.${row.klass}`) },
    { key: 'desk', title: t('common:word.desk'), width: 115, cell: (row) => t(`common:desk.${row.desk}`) },
    { key: 'contract', title: t('common:word.contract'), width: 140, hidden: true, cell: (row) => row.contract },
    { key: 'since', title: t('common:word.since'), width: 115, cell: (row) => <Instant at_s={row.onset_s} form="ago" /> },
    { key: 'payer', title: t('payer.title'), width: 120, hidden: true, cell: (row) => t(`payer.${row.payer}`) },
    { key: 'opened', title: t('opened'), width: 150, hidden: true, cell: (row) => <Instant at_s={row.opened_s} /> },
    { key: 'restore', title: t('restore_by'), width: 150, hidden: true, cell: (row) => <Instant at_s={row.restore_by_s} /> },
  ]
}

export function useTicketsLive(): void {
  const queries = useQueryClient()
  useLive(['tickets'], () => void queries.invalidateQueries({ queryKey: ['tickets'] }))
}

export function Tickets() {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const [filters, setFilters] = useUrlState(BLANK)
  const [picked, setPicked] = useState<Set<string | number>>(new Set())
  const [assigning, setAssigning] = useState(false)
  const query = queryOf(filters)
  useTicketsLive()
  const list = usePages<Ticket>(['tickets', 'list', query, filters.order], (cursor) =>
    got(api.GET('/api/tickets', { params: { query: { ...query, order: filters.order as 'due', cursor } } })))
  const counts = useQuery({
    queryKey: ['tickets', 'counts', query], placeholderData: (before) => before,
    queryFn: () => got(api.GET('/api/tickets/counts', { params: { query } })),
  })
  const columns = useTicketColumns()
  const mayAssign = me.may('dispatch')
  const openAssign = () => { if (mayAssign && picked.size > 0) setAssigning(true) }
  useKeys(mayAssign ? [{ key: 'e', says: 'work:keys.assign', run: openAssign }] : [])
  useActs(mayAssign && picked.size > 0 ? [{ key: 'assign', title: t('assign_many', { count: picked.size }), sign: 'person', run: openAssign }] : [])
  const isNarrowed = Object.keys(BLANK).some((name) => !['view', 'order'].includes(name) && String(filters[name as keyof Filters]) !== String(BLANK[name as keyof Filters]))
  const told = counts.data
  return (
    <>
      <PageHead title={t('tickets.title')} lead={told && (
        <span role="status">{[t('tickets.total', { count: told.total, told: count(told.total) + (told.is_cut ? '+' : '') }), t('tickets.late', { count: told.late, told: count(told.late) }), told.held > 0 && t('tickets.held', { count: told.held, told: count(told.held) })].filter(Boolean).join(' · ')}</span>
      )} acts={<><ExportMenu ask={(kind, language) => got(api.POST('/api/exports/tickets', { params: { query: { ...query, file: kind, language } } }))} /><StormButton /></>} />
      <StormNote />
      <FilterBar filters={filters} set={setFilters} by_stage={told?.by_stage} by_desk={told?.by_desk} />
      <DataTable name="tickets" label={t('tickets.title')} columns={columns} rowKey={(row) => row.ticket_id} rowTo={(row) => `/work/tickets/${row.ticket_id}`} {...list}
        selected={mayAssign ? picked : undefined} onSelected={mayAssign ? setPicked : undefined}
        selectionActs={<Button size="compact-sm" onClick={openAssign}>{t('common:act.assign')}</Button>}
        empty={isNarrowed
          ? <Empty title={t('tickets.none_so')} act={<Button variant="default" onClick={() => setFilters(BLANK)}>{t('tickets.show_all')}</Button>}>{t('tickets.none_so_note')}</Empty>
          : <Empty title={t('tickets.none')} act={<Button component={Link} href="/work/cleaning" variant="default">{t('tab.cleaning')}</Button>}>{t('tickets.none_note')}</Empty>} />
      <AssignMany opened={assigning} numbers={[...picked].map(Number)} onClose={() => setAssigning(false)} onDone={(left) => setPicked(new Set(left))} />
    </>
  )
}

function FilterBar({ filters, set, by_stage, by_desk }: {
  filters: Filters
  set: (more: Partial<Filters>) => void
  by_stage?: Record<string, number>
  by_desk?: Record<string, number>
}) {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const contracts = useQuery({ queryKey: ['contracts'], queryFn: () => got(api.GET('/api/contracts')) })
  const many = (of: Record<string, number> | undefined, key: string) => (of?.[key] ? ` (${count(of[key])})` : '')
  const [opened, setOpened] = useState(false)
  return (
    <div className="work-filters" role="search" aria-label={t('common:act.filter')} data-open={opened || undefined}>
      <TextInput size="xs" label={t('common:act.search')} placeholder={t('tickets.search')} defaultValue={filters.text} key={`text-${filters.text}`}
        onKeyDown={(event) => { if (event.key === 'Enter') set({ text: event.currentTarget.value }) }} onBlur={(event) => { if (event.currentTarget.value !== filters.text) set({ text: event.currentTarget.value }) }} />
      <Button className="work-filters-more" variant="default" aria-expanded={opened} onClick={() => setOpened((now) => !now)}>{t('common:act.filter')}</Button>
      <Select size="xs" label={t('view.title')} value={filters.view} allowDeselect={false} onChange={(view) => set({ view: view ?? 'live' })}
        data={['live', 'over', 'all'].map((value) => ({ value, label: t(`view.${value}`) }))} />
      <MultiSelect size="xs" label={t('stage')} value={filters.stage} onChange={(stage) => set({ stage })} clearable clearButtonProps={{ 'aria-label': t('common:act.clear') }}
        data={STAGES.map((value) => ({ value, label: t(`common:stage.${value}`) + many(by_stage, value) }))} />
      <MultiSelect size="xs" label={t('common:word.desk')} value={filters.desk} onChange={(desk) => set({ desk })} clearable clearButtonProps={{ 'aria-label': t('common:act.clear') }}
        data={DESKS.map((value) => ({ value, label: t(`common:desk.${value}`) + many(by_desk, value) }))} />
      <MultiSelect size="xs" label={t('common:word.class')} value={filters.klass} onChange={(klass) => set({ klass })} clearable clearButtonProps={{ 'aria-label': t('common:act.clear') }}
        data={CLASSES.map((value) => ({ value, label: t(`common:class.${value}`) }))} />
      {(contracts.data?.length ?? 0) > 0 && (
        <Select size="xs" label={t('common:word.contract')} value={filters.contract ? String(filters.contract) : null} clearable clearButtonProps={{ 'aria-label': t('common:act.clear') }} onChange={(value) => set({ contract: Number(value ?? 0) })}
          data={(contracts.data ?? []).map((one) => ({ value: String(one.contract_id), label: one.name }))} />
      )}
      {me.units.length > 1 && (
        <Select size="xs" label={t('common:word.unit')} searchable value={filters.unit ? String(filters.unit) : null} clearable clearButtonProps={{ 'aria-label': t('common:act.clear') }} onChange={(value) => set({ unit: Number(value ?? 0) })}
          data={me.units.map((one) => ({ value: String(one.unit_id), label: one.path }))} />
      )}
      <Select size="xs" label={t('order.title')} value={filters.order} allowDeselect={false} onChange={(order) => set({ order: order ?? 'due' })}
        data={['due', 'newest', 'cameras'].map((value) => ({ value, label: t(`order.${value}`) }))} />
      <Checkbox size="sm" label={t('late_only')} checked={filters.late} onChange={(event) => set({ late: event.currentTarget.checked })} />
      <Checkbox size="sm" label={t('held_only')} checked={filters.held} onChange={(event) => set({ held: event.currentTarget.checked })} />
      {(filters.unit > 0 && me.units.length <= 1) && <Button size="compact-sm" variant="light" onClick={() => set({ unit: 0 })}>{t('one_unit')}</Button>}
      {filters.point > 0 && <Button size="compact-sm" variant="light" onClick={() => set({ point: 0 })}>{t('one_camera')}</Button>}
      {filters.what !== '' && <Button size="compact-sm" variant="light" onClick={() => set({ what: '' })}>{t('one_fault')}</Button>}
    </div>
  )
}

function AssignMany({ opened, numbers, onClose, onDone }: { opened: boolean; numbers: number[]; onClose: () => void; onDone: (left: number[]) => void }) {
  const { t } = useTranslation(['work', 'common'])
  const queries = useQueryClient()
  const actor = useActor()
  const [desk, setDesk] = useState<string | null>(null)
  const [because, setBecause] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [refused, setRefused] = useState<Schemas['Refused'][]>([])
  const close = () => { setRefused([]); setError(null); onClose() }
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      const found = await got(api.POST('/api/tickets/assign', { body: { ticket_ids: numbers, desk: desk as Ticket['desk'] | null, because } }))
      await queries.invalidateQueries({ queryKey: ['tickets'] })
      if (found.done.length > 0) toast({ words: t('assigned', { count: found.done.length }) })
      setRefused(found.refused)
      onDone(found.refused.map((each) => each.ticket_id))
      if (found.refused.length === 0) { setBecause(''); close() }
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened={opened} onClose={close} title={t('assign_many', { count: numbers.length })} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="md">
          <Select label={t('assign_to')} description={t('assign_to_note')} value={desk} onChange={setDesk} clearable clearButtonProps={{ 'aria-label': t('common:act.clear') }} placeholder={t('assign_same')} data-autofocus
            data={DESKS.map((value) => ({ value, label: t(`common:desk.${value}`) }))} />
          {desk !== null && <Textarea label={t('common:word.reason')} required value={because} maxLength={1000} onChange={(event) => setBecause(event.currentTarget.value)} />}
          {refused.length > 0 && (
            <div className="overtaken" role="alert">
              <Text fw={600} size="sm">{t('refused', { count: refused.length })}</Text>
              <ul className="story">
                {refused.map((each) => (
                  <li key={each.ticket_id}>
                    <Link href={`/work/tickets/${each.ticket_id}`}>{`#${each.ticket_id}`}</Link>{' '}
                    {each.stage ? t('overtaken_now', { stage: t(`common:stage.${each.stage}`), who: actor(each.by) }) : t('gone')}
                    <div className="dim">{each.detail}</div>
                  </li>
                ))}
              </ul>
            </div>
          )}
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>{t('common:act.close')}</Button>
            <Button type="submit" loading={busy} disabled={numbers.length === 0 || (desk !== null && !because.trim())}>{t('common:act.assign')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

// ---- storms

function useStorm() {
  return useQuery({ queryKey: ['tickets', 'storm'], queryFn: async () => (await api.GET('/api/storm')).data ?? null })
}

function StormNote() {
  const { t } = useTranslation('work')
  const actor = useActor()
  const storm = useStorm()
  if (!storm.data) return null
  return (
    <div className="overtaken" role="status">
      <Text fw={600} size="sm">{t('storm.on')}</Text>
      <Text size="sm">{storm.data.why}{' · '}<Instant at_s={storm.data.from_s} />{' · '}{actor(storm.data.actor)}</Text>
    </div>
  )
}

function StormButton() {
  const { t } = useTranslation('work')
  const me = useMe()
  const queries = useQueryClient()
  const storm = useStorm()
  const [asking, setAsking] = useState(false)
  if (!me.may('dispatch') || !me.sees_all || storm.data === undefined) return null
  const is_on = storm.data !== null
  const act = async (why: string) => {
    if (is_on) await api.DELETE('/api/storm')
    else await api.POST('/api/storm', { body: { why } })
    await queries.invalidateQueries({ queryKey: ['tickets'] })
  }
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>{is_on ? t('storm.end') : t('storm.begin')}</Button>
      <Confirm opened={asking} title={is_on ? t('storm.end') : t('storm.begin')} act={is_on ? t('storm.end') : t('storm.begin')} reason={!is_on} onAct={act} onClose={() => setAsking(false)}>
        {is_on ? t('storm.end_note') : t('storm.begin_note')}
      </Confirm>
    </>
  )
}

// ---- causes

export function Causes() {
  const { t } = useTranslation(['work', 'common'])
  const name = useTicketName()
  const shown = useShown()
  useTicketsLive()
  const list = usePages<Ticket>(['tickets', 'causes'], (cursor) => got(api.GET('/api/tickets', { params: { query: { live: true, order: 'cameras', cursor } } })))
  const behind = useQuery({ queryKey: ['tickets', 'counts', 'live'], queryFn: () => got(api.GET('/api/tickets/counts', { params: { query: { live: true } } })) })
  const columns: Column<Ticket>[] = [
    { key: 'cause', title: t('common:word.cause'), width: 250, narrow: true, cell: (row) => <>{name(row)}<span className="on-narrow">{shown(row.what)}</span></> },
    { key: 'cameras', title: t('common:word.cameras'), width: 100, align: 'right', narrow: true, cell: (row) => <Count of={row.cameras} /> },
    { key: 'what', title: t('shows'), width: 130, cell: (row) => shown(row.what) },
    { key: 'shape', title: t('shape.title'), cell: (row) => (row.shape ? t(`shape.${row.shape}`) : '') },
    { key: 'since', title: t('common:word.since'), width: 115, cell: (row) => <Instant at_s={row.onset_s} form="ago" /> },
    { key: 'desk', title: t('common:word.desk'), width: 115, cell: (row) => t(`common:desk.${row.desk}`) },
    { key: 'stage', title: t('stage'), width: 150, cell: (row) => <StageMark of={row} /> },
    { key: 'clock', title: t('clock.title'), width: 190, cell: (row) => <TicketClock of={row} /> },
  ]
  return (
    <>
      <PageHead title={t('causes.title')} lead={t('causes.lead')} />
      <Answer of={behind} lines={1}>{() => <StormNote />}</Answer>
      <DataTable name="causes" label={t('causes.title')} columns={columns} rowKey={(row) => row.ticket_id} rowTo={(row) => `/work/tickets/${row.ticket_id}`} {...list}
        empty={<Empty title={t('causes.none')} act={<Button component={Link} href="/work/tickets?view=over" variant="default">{t('causes.over')}</Button>}>{t('causes.none_note')}</Empty>} />
    </>
  )
}
