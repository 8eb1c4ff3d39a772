// The log itself: filters, rows, and what leaves for elsewhere.
import { Autocomplete, Button, Menu, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { count } from '../../shell/format'
import { useKeys } from '../../shell/keys'
import { Instant } from '../../shell/marks'
import { Empty, ProblemNote } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { DataTable, usePages, type Column } from '../../shell/table'
import { useUrlState } from '../../shell/url'
import { dayOf } from './days'
import { By, Done, inLine, Upon } from './said'

type Row = Schemas['EntryRow']
const BLANK = { actor: '', act: '', subject: '', from: '', to: '' }
const KINDS = ['point:', 'ticket:', 'unit:', 'contract:', 'account:', 'maintenance:', 'import:', 'audit']

export function Log() {
  const { t } = useTranslation(['audit', 'common'])
  const [filters, setFilters] = useUrlState(BLANK)
  const narrow = useMediaQuery('(max-width: 47.99em)') ?? false
  const [filtering, setFiltering] = useState(false)
  const acts = useQuery({ queryKey: ['audit', 'acts'], queryFn: () => got(api.GET('/api/audit/acts')), staleTime: 300_000 })
  const query = {
    actor: filters.actor, act: filters.act, subject: filters.subject,
    ...(filters.from ? { from_day: dayOf(filters.from) } : {}), ...(filters.to ? { to_day: dayOf(filters.to) } : {}),
  }
  const list = usePages<Row>(['audit', 'entries', filters], (cursor) => got(api.GET('/api/audit/entries', { params: { query: { ...query, cursor } } })))
  const columns: Column<Row>[] = [
    { key: 'number', title: t('columns.number'), cell: (row) => count(row.number), width: 86, align: 'right' },
    { key: 'at', title: t('columns.at'), cell: (row) => (row.is_erased ? '' : <Instant at_s={row.at_s} form="second" />), width: 170, narrow: true },
    { key: 'actor', title: t('columns.actor'), cell: (row) => (row.is_erased ? '' : <By actor={row.actor} />), width: 170 },
    { key: 'act', title: t('columns.act'), cell: (row) => (row.is_erased ? <span className="dim">{t('erased')}</span> : <Done act={row.act} />), width: 200, narrow: true },
    { key: 'subject', title: t('columns.subject'), cell: (row) => (row.is_erased ? '' : <Upon subject={row.subject} />), width: 150 },
    { key: 'detail', title: t('columns.detail'), cell: (row) => <span className="dim audit-line">{inLine(row.detail)}</span> },
  ]
  const names = (acts.data?.acts ?? []).map((act) => ({ value: act, label: t(`done.${act}`, { defaultValue: act }) }))
  const on = Object.values(filters).filter(Boolean).length
  const isFiltered = on > 0
  const width = (px: number) => (narrow ? undefined : px)
  const fields = (
    <>
      <Select aria-label={t('filter.act')} placeholder={t('filter.all_acts')} size="xs" w={width(190)} searchable clearable data={names} value={filters.act || null} onChange={(act) => setFilters({ act: act ?? '' })} />
      <Held label={t('filter.actor')} value={filters.actor} onHeld={(actor) => setFilters({ actor })} choices={['local', 'account:']} width={width(160)} />
      <Held label={t('filter.subject')} value={filters.subject} onHeld={(subject) => setFilters({ subject })} choices={KINDS} width={width(160)} />
      <TextInput type="date" size="xs" aria-label={t('filter.from')} value={filters.from} max={filters.to || undefined} onChange={(event) => setFilters({ from: event.currentTarget.value })} />
      <TextInput type="date" size="xs" aria-label={t('filter.to')} value={filters.to} min={filters.from || undefined} onChange={(event) => setFilters({ to: event.currentTarget.value })} />
      {isFiltered && <Button size="compact-xs" variant="subtle" onClick={() => setFilters(BLANK)}>{t('filter.clear')}</Button>}
    </>
  )
  return (
    <>
      <Checks />
      <Modal opened={narrow && filtering} onClose={() => setFiltering(false)} title={t('filter.title')}>
        <Stack gap="sm">{fields}<Button onClick={() => setFiltering(false)}>{t('filter.done')}</Button></Stack>
      </Modal>
      <DataTable name="audit" label={t('title')} columns={columns} rowKey={(row) => row.number} rowTo={(row) => `/audit/entries/${row.number}`} {...list} asked={undefined /* no token reads the log */}
        tools={narrow ? <Button size="xs" variant="default" leftSection={<Sign name="filter" />} onClick={() => setFiltering(true)}>{on > 0 ? t('filter.on', { count: on }) : t('filter.title')}</Button> : fields}
        empty={<Empty title={t('none')} act={isFiltered && <Button variant="default" onClick={() => setFilters(BLANK)}>{t('filter.clear')}</Button>}>{t('none_note')}</Empty>} />
    </>
  )
}

/** A filter that is asked for by Enter or by leaving it: each reading is an entry, so not by every letter. */
function Held({ label, value, onHeld, choices, width }: { label: string; value: string; onHeld: (value: string) => void; choices: string[]; width: number | undefined }) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const held = () => { if (typed.trim() !== value) onHeld(typed.trim()) }
  return (
    <Autocomplete size="xs" w={width} aria-label={label} placeholder={label} data={choices} value={typed} onChange={setTyped} onBlur={held} maxLength={100}
      onKeyDown={(event) => { if (event.key === 'Enter') held() }} />
  )
}

function Checks() {
  const { t } = useTranslation('audit')
  const check = useMutation({ mutationFn: () => got(api.POST('/api/audit/verify')) })
  useKeys([{ key: 'v', says: 'audit:keys.verify', run: () => check.mutate() }])
  return (
    <div className="audit-checks">
      <Button size="xs" variant="default" loading={check.isPending} leftSection={<Sign name="audit" />} onClick={() => check.mutate()}>{t('verify.act')}</Button>
      <Menu>
        <Menu.Target><Button size="xs" variant="default" leftSection={<Sign name="down_file" />}>{t('files.label')}</Button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href="/api/audit/export" download>{t('files.export')}</Menu.Item>
          <Menu.Item component="a" href="/api/audit/verifier" download>{t('files.verifier')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <div role="status" className="audit-found">{check.data && <Found found={check.data} />}</div>
      {check.error && <ProblemNote error={check.error} />}
    </div>
  )
}

function Found({ found }: { found: Schemas['VerifiedShown'] }) {
  const { t } = useTranslation('audit')
  const many = (key: string, n: number) => t(key, { count: n, told: count(n) })
  return (
    <>
      <span className="state" data-state={found.holds ? 'up' : 'down'}>
        <Sign name={found.holds ? 'up' : 'down'} /> <strong>{t(found.holds ? 'verify.holds' : 'verify.fails')}</strong>
      </span>
      <span>{many('verify.entries', found.entries)}</span>
      <span>{many('verify.checkpoints', found.checkpoints)}</span>
      {found.unsigned ? <span>{many('verify.unsigned', found.unsigned)}</span> : null}
      {found.erased > 0 && <span>{many('verify.erased', found.erased)}</span>}
      {found.broken_at !== null && <span>{t('verify.broken', { number: found.broken_at })}</span>}
      {found.faults.map((each) => <span key={each.size}>{t(`verify.fault.${each.why}`, { size: each.size })}</span>)}
    </>
  )
}
