// Everybody who may sign in, or once might; and adding somebody.
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got } from '../../shell/api'
import { Instant } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Empty, ProblemNote } from '../../shell/page'
import { DataTable, type Column } from '../../shell/table'
import { useUrlState } from '../../shell/url'
import { CodeOnce, endOf, Standing, until, type PersonRow } from './pieces'

const STATES = ['open', 'invited', 'locked', 'ended', 'left'] as const

export function useStaff() {
  return useQuery({ queryKey: ['staff'], queryFn: () => got(api.GET('/api/staff')) })
}

export function useChoices() {
  return useQuery({ queryKey: ['grants', 'choices'], queryFn: () => got(api.GET('/api/grants/choices')) })
}

export function Staff() {
  const { t } = useTranslation(['people', 'common'])
  const [filters, setFilters] = useUrlState({ q: '', state: '' })
  const [adding, setAdding] = useState(false)
  const found = useStaff()
  const sought = filters.q.trim().toLowerCase()
  const rows = (found.data?.rows ?? []).filter((each) =>
    (filters.state === '' || each.state === filters.state) &&
    (sought === '' || `${each.login} ${each.name} ${each.unit}`.toLowerCase().includes(sought)))
  const columns: Column<PersonRow>[] = [
    { key: 'name', title: t('common:word.name'), cell: (row) => row.name, narrow: true },
    { key: 'login', title: t('person.login'), cell: (row) => row.login, width: 140 },
    { key: 'state', title: t('common:word.state'), cell: (row) => <Standing state={row.state} />, width: 130, narrow: true },
    { key: 'roles', title: t('person.roles'), cell: (row) => row.roles.map((each) => t(`common:role.${each}`)).join(', ') || '–' },
    { key: 'unit', title: t('common:word.unit'), cell: (row) => row.unit || t('place.everything') },
    { key: 'factor', title: t('person.factor'), cell: (row) => (row.has_factor ? t('common:word.yes') : t('common:word.no')), width: 120 },
    { key: 'ends', title: t('common:word.until'), cell: (row) => until(row.ends_s), width: 150 },
    { key: 'seen', title: t('person.seen'), cell: (row) => <Instant at_s={row.seen_s} form="ago" />, width: 130 },
  ]
  return (
    <>
      <DataTable name="staff" label={t('tabs.staff')} columns={columns} rows={rows} rowKey={(row) => row.account_id}
        rowTo={(row) => `/people/${row.account_id}`} total={rows.length} isLoading={found.isPending} error={found.data ? null : found.error}
        retry={() => void found.refetch()}
        tools={
          <Group gap="xs">
            <TextInput aria-label={t('seek')} placeholder={t('seek')} value={filters.q} onChange={(event) => setFilters({ q: event.currentTarget.value })} />
            <Select aria-label={t('common:word.state')} placeholder={t('common:word.all')} clearable value={filters.state || null}
              data={STATES.map((each) => ({ value: each, label: t(`state.${each}`) }))} onChange={(state) => setFilters({ state: state ?? '' })} />
            <Button onClick={() => setAdding(true)}>{t('add.act')}</Button>
          </Group>
        }
        empty={<Empty title={t('nobody')} act={<Button onClick={() => setAdding(true)}>{t('add.act')}</Button>} />} />
      <Adding opened={adding} onClose={() => setAdding(false)} />
    </>
  )
}

function Adding({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('people')
  const [made, setMade] = useState<{ code: string; login: string } | null>(null)
  return (
    <>
      <Modal opened={opened} onClose={onClose} title={t('add.title')}>
        {opened && <NewPerson onDone={(code, login) => { onClose(); setMade({ code, login }) }} />}
      </Modal>
      <CodeOnce code={made?.code ?? null} login={made?.login ?? ''} onClose={() => setMade(null)} />
    </>
  )
}

function NewPerson({ onDone }: { onDone: (code: string, login: string) => void }) {
  const { t } = useTranslation(['people', 'common'])
  const me = useMe()
  const queries = useQueryClient()
  const choices = useChoices()
  const [login, setLogin] = useState('')
  const [name, setName] = useState('')
  const [kind, setKind] = useState<'staff' | 'contractor'>('staff')
  const [unit, setUnit] = useState<string | null>(null)
  const [language, setLanguage] = useState(me.language)
  const [day, setDay] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const send = (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    const body = { login: login.trim(), name: name.trim(), kind, unit_id: unit === null ? null : Number(unit), language, ends_s: endOf(day) }
    got(api.POST('/api/staff', { body }))
      .then(async ({ code }) => { await queries.invalidateQueries({ queryKey: ['staff'] }); onDone(code, body.login.toLowerCase()) })
      .catch(setError)
      .finally(() => setBusy(false))
  }
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        <TextInput label={t('person.login')} description={t('add.login_note')} required data-autofocus maxLength={32} autoCapitalize="none" value={login} onChange={(event) => setLogin(event.currentTarget.value)} />
        <TextInput label={t('common:word.name')} description={t('add.name_note')} required maxLength={60} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Select label={t('person.kind')} required allowDeselect={false} value={kind} onChange={(value) => setKind(value === 'contractor' ? 'contractor' : 'staff')}
          data={(['staff', 'contractor'] as const).map((each) => ({ value: each, label: t(`kind.${each}`) }))} />
        <Select label={t('common:word.unit')} description={t('add.unit_note')} searchable clearable required={choices.data?.everything === false} value={unit} onChange={setUnit}
          data={(choices.data?.units ?? []).map((each) => ({ value: String(each.number), label: each.name }))} />
        <TextInput type="date" label={t('add.last_day')} description={kind === 'contractor' ? t('add.must_end') : t('add.may_end')} required={kind === 'contractor'} value={day} onChange={(event) => setDay(event.currentTarget.value)} />
        <Select label={t('common:word.language')} required allowDeselect={false} value={language} onChange={(value) => setLanguage(value === 'en' ? 'en' : 'zh-CN')}
          data={[{ value: 'zh-CN', label: '简体中文' }, { value: 'en', label: 'English' }]} />
        {error !== null && <ProblemNote error={error} />}
        <Button type="submit" loading={busy}>{t('add.act')}</Button>
      </Stack>
    </form>
  )
}
